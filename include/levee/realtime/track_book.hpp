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

#include "levee/realtime/track_trail.hpp"

namespace levee::realtime {

/// Trails of devices, in memory. What comes late, because a device was offline, takes its place by its own
/// time.
///
/// Limits: TrailLimits, `devices` in all groups. Thread: any.
class TrackBook {
 public:
  explicit TrackBook(TrailLimits limits) : limits_{limits} {}

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

  TrailLimits limits_;
  mutable std::mutex mutex_;
  std::map<Name, Kept> kept_;
  std::uint64_t heard_ = 0;
};

}  // namespace levee::realtime
