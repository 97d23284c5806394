#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "levee/admission/grant.hpp"
#include "levee/admission/signals.hpp"
#include "levee/base/clock.hpp"

namespace levee::admission {

/// How careful the controller is. None of these is a capacity: that is measured. Few have a reason to change
/// one.
struct Settings {
  double cpu_limit = 0.9;         ///< of the io threads' cores: above it every delivery waits for others
  double descriptor_limit = 0.9;  ///< of the limit of open files: newcomers are refused before accept() fails
  Duration late_floor = std::chrono::milliseconds{40};  ///< lateness below it is never too much
  double late_share = 0.6;  ///< of the part target: incumbents' lateness above it (and the floor) is too much
  Duration lag_limit = std::chrono::milliseconds{60};      ///< of the event loops
  Duration accept_limit = std::chrono::milliseconds{250};  ///< age of the accept queue
  double join_seconds =
      3;  ///< what letting one in costs at once, in seconds of its later load: it fills its buffer
};

/// Decides how many newcomers a node may let in, and what gives way. One a node; `evaluate` every 50 to 100
/// ms.
///
/// Load is a share of what the node can carry: of CPU and descriptors against their limits, of egress against
/// a ceiling that is learnt when deliveries grow late below the CPU's limit. What one viewer adds to the load
/// is learnt from the viewers there are. Newcomers are let in so that
/// - those whose load does not show yet never take more than half of the room left: a wrong estimate is
/// corrected
///   before it can do harm, and the room is still filled in a few steps;
/// - what they fetch at once to fill their buffers fits beside what incumbents need;
/// - and all of it is cut at once when incumbents' deliveries, the event loops or the accept queue grow late,
/// and
///   given back little by little (additive increase, multiplicative decrease).
/// docs/architecture.md ("How a viewer is let in") has the why.
///
/// Pure. Thread: one at a time. Time: passed in; a gap (a stopped process) is taken as one long period.
class Controller {
 public:
  /// `shards`: the number of gates that a grant goes to.
  explicit Controller(std::size_t shards, Settings settings = {});

  /// Takes what was measured since the last call, and decides anew.
  Grant evaluate(const Signals& signals, TimePoint now);

  /// Load as a share of what can be carried, as the last evaluation saw it; 1: full. Can be above.
  double load() const { return load_; }
  /// How late things are against the limits; above 1 is too much.
  double pressure() const { return pressure_; }

 private:
  void learn(const Signals& signals, double seconds);
  double judge(const Signals& signals) const;
  double allowed_rate() const;
  void choose_level(const Signals& signals, TimePoint now);

  Settings settings_;
  double shards_;
  std::optional<TimePoint> last_;
  double load_ = 0;
  double pressure_ = 0;
  double cost_ = 0;      // load of one viewer; 0: not known yet
  double unproven_ = 0;  // viewers let in whose load does not show yet
  double trim_ = 1;      // of the rate: what lateness has left of it
  double expected_ = 0;  // newcomers a second, averaged over half a minute
  std::optional<TimePoint> cut_;
  Level level_ = Level::open;
  TimePoint level_since_{};
};

}  // namespace levee::admission
