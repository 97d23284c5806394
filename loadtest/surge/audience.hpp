#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "surge/recorder.hpp"
#include "surge/viewer.hpp"

namespace levee::surge {

/// The viewers of one cohort: they arrive by plan, whatever the server does, and are looked at a few times a
/// second.
///
/// Lifetime: everything given outlives it. Thread: the network's.
class Audience final : private WheelTimer {
 public:
  /// How the cohort is off now.
  struct Count {
    std::uint64_t playing = 0;
    std::uint64_t stalled = 0;
    std::uint64_t waiting = 0;
  };

  Audience(Network& network, PlayerContext& context, Recorder& recorder);
  ~Audience() override;

  /// Adds viewers spread evenly over `targets`, who arrive at `begin` plus their place in `plan` (which is in
  /// order). Call once, before `begin`.
  void plan(const std::vector<Target>& targets, TimePoint begin, std::vector<Duration> plan);
  /// Gives viewers that have not arrived yet a network of their own.
  void set_link(const LinkModel& link);

  /// Looks at everybody and writes the gauges.
  Count look(TimePoint now, bool with_latency);
  /// From now on the run is in `phase`. Where that is the surge, who plays at its begin is counted.
  void enter(std::optional<Phase> phase, TimePoint now);
  /// Who has not arrived by now stays away.
  void close_the_door() { cancel(); }
  /// Every one leaves.
  void leave(TimePoint now);
  /// Every connection breaks, as fast as this can break them beside its other work; each viewer is back
  /// within `spread` of its own loss, in an order that is not that of its arrival.
  void drop_connections(TimePoint now, Duration spread);
  /// Each viewer watches for `up` and is away for `down`, over and over, from `from` to `until`.
  void flap(TimePoint from, TimePoint until, Duration up, Duration down);

  std::size_t size() const { return viewers_.size(); }
  Recorder& recorder() { return recorder_; }

 private:
  class Flapper;
  class Dropper;
  void fire(TimePoint due, TimePoint now) override;

  Network& network_;
  PlayerContext& context_;
  Recorder& recorder_;
  std::vector<std::unique_ptr<Viewer>> viewers_;
  std::vector<std::unique_ptr<Flapper>> flappers_;
  std::unique_ptr<Dropper> dropper_;
  std::vector<Duration> plan_;
  TimePoint begin_{};
  std::size_t arrived_ = 0;
};

}  // namespace levee::surge
