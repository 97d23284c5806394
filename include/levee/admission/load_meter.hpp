#pragma once

#include <algorithm>
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
/// ceiling that is learnt. Descriptors are a matter of their own: how many a viewer holds has
/// nothing to do with what else it costs, and is seen from those there are. A node in which deliveries ran
/// late while there was CPU left has shown how much its network carries; the ceiling is then put a little
/// below, and creeps up to find out whether that still holds. CPU and egress are averaged over some parts:
/// the node works in bursts, at each part.
///
/// That viewers cost more than was believed is learnt while the audience is settled. In a rush it is taken as
/// known: what is used beyond the viewers is the work of letting in and turning away, which passes. What of
/// it lasts is counted, in time. That they cost less is learnt at any time, by viewers and by bytes: those on
/// a lower rung make the first too small and beginnings the second, so the larger of the two counts.
///
/// On a fuller node a viewer may cost more: on some by half, from idle to full, on others by nothing
/// (docs/load-testing.md). A viewer's cost is therefore known as what it would be on an idle node, and by how
/// much it rises is learnt from the loads that there were. Until they differ, half as much again is supposed.
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

  /// As measured, over the last parts. 1: full; can be above.
  double load() const { return std::max(work_, files_); }
  /// What the viewers there are will make of it once all that were let in have their rung; but of those who
  /// come and go all the time, some are always on a lower one.
  double viewers_load() const;
  /// The same, and what else has been used lastingly: what of the load will not pass.
  double lasting_load() const { return std::max(viewers_load() + beside_, files_); }
  /// What one viewer would take of an idle node. A guess on the safe side until there have been viewers
  /// enough to tell.
  double cost() const { return cost_.value_or(kUnknownCost); }
  /// Viewers that still fit, as far as is known.
  double room() const;
  /// The same by what is used at this moment, beginnings and all; no more than `room`.
  double room_now() const;
  /// What a newcomer fetches at once to begin, in seconds of what it takes later. A guess on the safe side
  /// until some have shown it.
  double join_seconds() const { return join_seconds_; }
  /// Viewers that were let in and do not show in `load` yet.
  double unproven() const { return unproven_; }
  /// Viewers there are, as last measured.
  double viewers() const { return viewers_; }
  /// Viewers that go away in a second, averaged over some seconds; below 0 while more come back than go.
  double departures() const { return departures_; }

 private:
  static constexpr double kUnknownCost = 1.0 / 2000;
  static constexpr double kUnknownJoin = 3;
  static constexpr double kUnknownRise = 0.5;
  struct Period {
    double seconds = 0;
    double cpu_seconds = 0;
    double bytes = 0;
    double viewer_seconds = 0;
    double admitted = 0;
    double seen = 0;
  };

  void average(double window);
  void find_load(const Signals& signals, double seconds);
  void count_viewers(const Signals& signals, double seconds, bool start_low);
  void learn_cost(const Signals& signals, double seconds);
  void learn_rise(double each, double seconds);
  void learn_join(const Signals& signals);
  double viewers_to_be() const;
  double dearer(double load) const { return 1 + rise_ * std::min(load, 1.2); }

  Limits limits_;
  std::array<Period, 64> periods_{};
  std::size_t next_ = 0;
  bool averaged_ = false;  // what follows is of a whole window
  double cpu_ = 0;
  double egress_ = 0;
  double viewers_averaged_ = 0;
  double questions_ = 0;     // a second, at the door
  double files_ = 0;         // descriptors as a load
  double files_left_ = 1e9;  // for so many viewers
  double work_ = 0;          // load of CPU or network
  double unproven_ = 0;

  double viewers_ = 0;    // now
  double young_ = 0;      // of them: let in some seconds ago at most
  double young_low_ = 0;  // of these: on a lower rung than they will take
  double departures_ = 0;
  double beside_ = 0;     // load that viewers do not explain, averaged
  bool settled_ = false;  // there has been an audience that knew its rung
  std::optional<double> cost_;
  double rise_ = kUnknownRise;  // how much dearer everything is on a full node
  double mean_load_ = 0;        // of which it is learnt, and
  double mean_each_ = 0;        // what a viewer took at them
  double spread_ = 0;           // the variance of the first, and their covariance
  double together_ = 0;
  double bytes_ = 0;  // that a viewer takes in a second
  double join_seconds_ = kUnknownJoin;
  std::optional<double> ceiling_;  // bytes a second
};

}  // namespace levee::admission
