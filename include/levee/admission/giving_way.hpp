#pragma once

#include <cstdint>

#include "levee/admission/grant.hpp"
#include "levee/base/clock.hpp"

namespace levee::admission {

/// Moves the level up and down, one step at a time, so that it does not flap.
///
/// Up: at most one step in each 100 ms, hiding rungs only when there has been reason for it for three seconds
/// (a surge at the door passes), protecting incumbents only when they have been too late for half a second.
/// Down: one step a second, if there has been no reason for the level all that time.
///
/// Thread: one. Time: passed in.
class GivingWay {
 public:
  /// `load`: 1 is full. `pressure`: of lateness alone; above 1, incumbents are served too late. `rationed`:
  /// newcomers wait, or had to.
  Level update(double load, double pressure, bool rationed, TimePoint now);

  Level level() const { return level_; }
  /// How many rungs are hidden: one at Level::hide_top, two when one has not been enough for ten seconds.
  std::uint8_t hidden_rungs(TimePoint now) const;

 private:
  Level wanted(double load, double pressure, bool rationed, TimePoint now);

  Level level_ = Level::open;
  TimePoint moved_{};      // the last step
  TimePoint wanted_at_{};  // when there was last a reason for the level
  TimePoint hides_since_{};
  TimePoint not_full_at_{};  // the last moment at which it was not too full
  TimePoint not_late_at_{};
};

}  // namespace levee::admission
