#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "surge/track_device.hpp"
#include "surge/track_watcher.hpp"

namespace levee::surge {

/// Which devices there are, and how many clients this process plays.
struct TrackPlan {
  RealtimePlace place;
  TrackClients settings;    ///< this process's share
  std::uint32_t first = 0;  ///< number of its first device: each process judges its own
};

/// Devices that report where they are, and those who watch them. How watchers show a device is judged by what
/// the device said, on one clock.
///
/// Lifetime: longer than the io_context runs handlers; what is given outlives it. Thread: the network's.
class TrackAudience {
 public:
  TrackAudience(Network& network, TrackReport& report, TrackPlan plan);

  /// Devices and watchers come evenly over `within` from `begin` on.
  void start(TimePoint begin, Duration within, RealtimeTimeline timeline);
  /// From now on a share of the devices loses its network, as often as it is to.
  void disturb(TimePoint now);
  /// Every connection breaks off at once.
  void drop(TimePoint now);
  /// Call once a second.
  void look(TimePoint now);

 private:
  std::uint64_t wrong() const;

  TrackReport& report_;
  TrackPlan plan_;
  KeyedFrames frames_;
  std::optional<RealtimeTimeline> timeline_;
  DeviceTruths truths_;
  std::vector<std::unique_ptr<TrackDevice>> devices_;
  std::vector<std::unique_ptr<TrackWatcher>> watchers_;
  TimePoint next_offline_ = TimePoint::max();
};

/// The devices that a scenario asks for; none when it asks for none. Errors: those of the URL.
Result<TrackPlan> plan_track(const Scenario& scenario);

}  // namespace levee::surge
