#pragma once

#include <optional>

#include "levee/base/clock.hpp"

namespace levee::surge {

/// The media that a player has and plays in real time: when its first frame is shown, when it runs dry, when
/// it goes on. Nothing needs to call it at the moment when the buffer runs dry: that is worked out
/// afterwards.
///
/// Time: passed in, and never backwards.
class Playback {
 public:
  /// A time in which the picture stood still.
  struct Stall {
    TimePoint began;
    Duration length{};
  };

  /// `start_level`: media that is needed for the first frame and to go on after a stall, at least one
  /// fetch's.
  void set_start_level(Duration level) { start_level_ = level; }

  /// Adds media, fetched by `now`. Gives the stall that it ended, if it did.
  std::optional<Stall> append(TimePoint now, Duration media);

  /// The end of watching: gives the stall that was going on, if there was one.
  std::optional<Stall> leave(TimePoint now);

  bool started() const { return started_at_.has_value(); }
  std::optional<TimePoint> started_at() const { return started_at_; }
  /// Whether the picture stands still at `now`, after the first frame.
  bool stalled(TimePoint now) const;
  /// When the stall going on began. Only while `stalled(now)`.
  TimePoint stalled_since(TimePoint now) const;
  /// Media not yet played at `now`.
  Duration level(TimePoint now) const;

 private:
  void settle(TimePoint now);

  Duration start_level_{};
  Duration level_{};
  TimePoint settled_{};
  std::optional<TimePoint> started_at_;
  std::optional<TimePoint> dry_since_;
};

}  // namespace levee::surge
