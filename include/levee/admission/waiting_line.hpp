#pragma once

#include <array>
#include <cstddef>

#include "levee/base/clock.hpp"

namespace levee::admission {

/// The line of those told to wait, without a list of them: places on a scale that moves at the rate of
/// admission.
///
/// The scale counts turns since the start. A waiting newcomer's place is the count at which its turn comes;
/// when the scale has reached it, its turn is due. If the rate changes, all turns move with it. What a place
/// is follows from the time since which its holder waits, so holders need to know only that.
///
/// Memory: 256 pairs of time and place; between two of them places are interpolated. In a longer line those
/// far back lie further apart: a place is right to within a small share of what is ahead of it, and does not
/// move any more once its turn is near. Thread: one. Time: passed in, never backwards (a step back counts as
/// no step).
class WaitingLine {
 public:
  /// So many turns have come.
  void advance(double turns) { now_serving_ += turns; }

  /// Nobody before this place is expected any more: it need not be known exactly.
  void forget_before(double place) { forgotten_ = place; }

  /// Puts a newcomer at the end and gives its place.
  double join(TimePoint now);

  /// The place of who has been waiting since `since`.
  double place(TimePoint since) const;

  /// Up to this place turns have come.
  double now_serving() const { return now_serving_; }

  /// How many turns from now that of `place` is; 0: it is due.
  double ahead(double place) const;

  /// Whether nobody's turn is still to come.
  bool empty() const { return now_serving_ >= end_; }
  /// Turns that are still to come.
  double length() const;

 private:
  struct Mark {
    TimePoint since;
    double place;
  };
  void mark(TimePoint now);
  void thin_out();

  double now_serving_ = 0;
  double forgotten_ = 0;
  double begin_ = 0;    ///< of the turns that were given in one go
  double end_ = 0;      ///< where the next one joins
  TimePoint joined_{};  ///< when the last one joined
  std::array<Mark, 256> marks_{};
  std::size_t marks_used_ = 0;
};

}  // namespace levee::admission
