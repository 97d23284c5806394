#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "levee/admission/signals.hpp"
#include "levee/base/clock.hpp"

namespace levee::admission {

/// What of a node's resources may be used before it counts as full.
struct Limits {
  double cpu = 0.92;         ///< of the io threads' cores: above it every delivery waits for others
  double descriptors = 0.9;  ///< of the limit of open files: beyond, accept() would fail
};

/// Learns a node's load, and what a viewer adds to it, from what is measured.
///
/// Load is a share of what can be carried: of CPU and descriptors against their limits, of egress against a
/// ceiling that is learnt. A node in which deliveries ran late while there was CPU left has shown how much
/// its network carries; the ceiling is then put a little below, and creeps up to find out whether that still
/// holds. CPU and egress are averaged over some parts: the node works in bursts, at each part.
///
/// Thread: one. Memory: 64 periods.
class LoadMeter {
 public:
  explicit LoadMeter(Limits limits) : limits_{limits} {}

  /// Takes one period of `seconds`. `start_low`: those let in during it start on a lower rung, and cost more
  /// later.
  void measure(const Signals& signals, double seconds, bool start_low = false);

  /// Deliveries run late although there is CPU left: what flows now is more than the network carries.
  void congested();

  /// 1: full; can be above.
  double load() const { return load_; }
  /// What one viewer adds. A guess on the safe side until there have been viewers enough to tell.
  double cost() const { return cost_.value_or(kUnknownCost); }
  /// Viewers that still fit when so much is the load: those that have yet to climb to their rung have theirs.
  double room(double load) const;
  /// What the viewers there are would make of a load by themselves, as far as it is known what one costs.
  double viewers_load() const { return cost() * last_incumbents_; }
  /// Viewers that were let in and do not show in `load` yet.
  double unproven() const { return unproven_; }
  /// Viewers that go away in a second, averaged over some seconds; below 0 while more come back than go.
  double departures() const { return departures_; }

 private:
  static constexpr double kUnknownCost = 1.0 / 1000;
  struct Period {
    double seconds = 0;
    double cpu_seconds = 0;
    double bytes = 0;
    double admitted = 0;
  };

  void average(double window);
  void learn_cost(const Signals& signals, double seconds);
  void count_departures(const Signals& signals, double seconds);

  Limits limits_;
  std::array<Period, 64> periods_{};
  std::size_t next_ = 0;
  double cpu_ = 0;
  double egress_ = 0;
  double admitted_rate_ = 0;
  double load_ = 0;
  double unproven_ = 0;
  double climbing_ = 0;    // viewers that may still be on a lower rung than they will take
  bool averaged_ = false;  // over a whole window
  double departures_ = 0;
  double last_incumbents_ = 0;
  std::optional<double> cost_;
  std::optional<double> ceiling_;  // bytes a second
};

}  // namespace levee::admission
