#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "levee/base/clock.hpp"

namespace levee::admission {

/// Which turns of a waiting line were promised for when, and for which of those that have come nobody has
/// come yet.
///
/// A turn is kept for twenty-four seconds, longer than anybody is told to wait. How many of their holders
/// come at all is learnt from those whose time is over: so many of the later ones are expected.
///
/// Places are those of WaitingLine. Memory: a few hundred bytes, however many wait. Thread: one. Time: passed
/// in; a step back counts as no step.
class TurnBook {
 public:
  explicit TurnBook(TimePoint now);

  /// The holder of `place` was told to come at `at`. Limits: half a minute ahead; later is not noted.
  void promise(double place, TimePoint at);
  /// Up to this place turns must have come by `now`, for what was promised to be true.
  double promised(TimePoint now);

  /// The turns from `from` up to `to` come at `now`.
  void pass(double from, double to, TimePoint now);
  /// The holder of a turn that has come is here. False: nobody expected him any more, for it came too long
  /// ago or was used already.
  bool come(double place, TimePoint now);

  /// The place of the oldest turn that is kept, none being younger than the newest.
  double oldest() const { return oldest_; }

  /// The share of holders that come for their turn, as it has been lately.
  double share() const;
  /// How many of those whose turn has come are still expected.
  double expected() const { return share() * kept_; }

 private:
  static constexpr std::size_t kSeconds = 24;
  static constexpr std::size_t kAhead = 32;
  struct Second {
    double from = 0;
    double to = 0;
    double came = 0;
  };
  void move_to(TimePoint now);

  std::int64_t second_;
  std::array<Second, kSeconds> passed_{};  // of the last seconds, by second
  std::array<double, kAhead> promised_{};  // of the next seconds, by second; 0: nothing
  double promised_now_ = 0;
  double oldest_ = 0;
  double kept_ = 0;
  double turns_ = 0;  // whose time is over, and how many of them were come for: of late
  double came_ = 0;
};

}  // namespace levee::admission
