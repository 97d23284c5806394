#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
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

/// The trails of the devices that report to this node, for the API. What comes late, because a device was
/// offline, takes its place by its own time.
///
/// Limits: `points` of each device, the newest; `devices` in all: for a further one, the device that was
/// heard of the longest time ago is forgotten. Thread: any.
class TrackBook {
 public:
  /// How much is kept.
  struct Limits {
    std::size_t points = 500;
    std::size_t devices = 1000;
  };

  explicit TrackBook(Limits limits) : limits_{limits} {}

  void add(const std::string& group, const std::string& device, const TrackPoint& point);

  /// All devices of a group, without their points.
  std::vector<DeviceTrail> devices(std::string_view group) const;
  /// One device with its points; nothing known of it: none.
  std::vector<DeviceTrail> trail(std::string_view group, std::string_view device) const;

 private:
  struct Kept {
    TrackPoint newest;
    std::deque<TrackPoint> points;
    std::uint64_t heard = 0;
  };
  using Name = std::pair<std::string, std::string>;

  void forget_one();

  Limits limits_;
  mutable std::mutex mutex_;
  std::map<Name, Kept> kept_;
  std::uint64_t heard_ = 0;
};

}  // namespace levee::realtime
