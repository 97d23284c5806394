#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "levee/realtime/message.hpp"
#include "levee/realtime/track_fix.hpp"

namespace levee::realtime {

/// One place of a device's trail.
struct TrackPoint {
  Version version;  ///< the device's boot and its sequence
  TrackFix fix;
};

/// A device and where it was.
struct DeviceTrail {
  std::string device;
  TrackPoint newest;               ///< by version; what came late never is
  std::vector<TrackPoint> points;  ///< by time, oldest first
};

/// How much is kept of trails.
struct TrailLimits {
  std::size_t points = 500;    ///< of each device, the newest
  std::size_t devices = 1000;  ///< for a further one, the device heard of the longest time ago is forgotten
};

/// A place as a line of text, for a bus that keeps it: the version, then the fix. Numbers are exact.
std::string encode_point(const TrackPoint& point);
/// Nothing when it is none.
std::optional<TrackPoint> decode_point(std::string_view text);

/// Puts places into the order of a trail.
void sort_by_time(std::vector<TrackPoint>& points);

}  // namespace levee::realtime
