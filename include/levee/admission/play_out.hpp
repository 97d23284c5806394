#pragma once

#include "levee/base/clock.hpp"

namespace levee::admission {

/// When a viewer's buffer runs dry, as far as a server can tell from what it sent.
///
/// Media is placed on the clock by when it could first be sent, which for a live stream is when it was made.
/// A viewer plays so much behind that as its first media was old when it was sent, and more by every time
/// that it ran dry. A few assignments for each delivery; nothing to keep but two numbers.
///
/// What it does not see: pauses, seeks within what was fetched, and players that play faster to catch up. So
/// it is good for an order, not for a promise. Thread: one. Time: passed in.
class PlayOut {
 public:
  /// Media that was made from `begin` to `end` is sent at `now`.
  void sent(TimePoint begin, TimePoint end, TimePoint now);

  /// When all that was sent will have been played. The clock's epoch before anything was.
  TimePoint runs_dry() const { return end_ + behind_; }

 private:
  TimePoint end_{};    ///< of the newest media that was sent
  Duration behind_{};  ///< how far behind the making of its media the viewer plays
};

}  // namespace levee::admission
