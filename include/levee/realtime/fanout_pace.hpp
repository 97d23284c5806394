#pragma once

#include <optional>

#include "levee/base/clock.hpp"

namespace levee::realtime {

/// When a room's next round begins: when all its subscribers are given what came since the last one.
///
/// What comes to a quiet room goes out at once. While a round goes on, what comes waits for its end, and goes
/// out together: the more a round costs, and the more is said, the more is merged, and nobody waits while the
/// thread has nothing to do. Between rounds that follow each other an eighth of a round is waited for what
/// comes together, such as the answers to the last one, so that it is one round and not two.
///
/// Time: pure. Units: cost is processor time.
class RoundPace {
 public:
  /// `most`: the largest part of the thread that the room's rounds may take, above 0 to 1. Below 1 a round is
  /// followed by a rest, of kMostRest at most.
  explicit RoundPace(double most = 1) : most_{most} {}

  static constexpr Duration kMostRest = std::chrono::milliseconds{500};

  /// Something came that is to go out.
  void arrived(TimePoint now) {
    if (!waiting_since_) waiting_since_ = now;
  }
  /// What came so far goes out with this round.
  void begin_round() { waiting_since_.reset(); }
  /// A part of a round cost this much.
  void spend(Duration cost) { cost_ += cost; }
  void end_round(TimePoint now);

  /// When the next round is to begin; nothing waits for one: TimePoint::max(). To be asked when no round is
  /// under way.
  TimePoint due() const;

 private:
  double most_;
  std::optional<TimePoint> waiting_since_;
  Duration cost_{};
  Duration last_cost_{};  ///< of the last whole round
  TimePoint ended_{};
};

/// Cuts a thread's fan-out, of all rooms, into slices of kSlice, so that the thread's other work goes on
/// between them. While that is little, one slice follows the other and the thread is used up; the more it is,
/// the longer the pauses, until the fan-out has half of the thread: a busy chat does not look like a full
/// house to those who watch.
///
/// Time: pure. Units: of `cpu`: processor time of the thread since it began.
class SlicePace {
 public:
  static constexpr Duration kSlice = std::chrono::milliseconds{1};
  /// Of the thread's other work, what makes no difference: reading what is to be fanned out is some of it.
  static constexpr double kUnseen = 0.1;
  /// How long the other work is looked at before it is judged anew.
  static constexpr Duration kWindow = std::chrono::milliseconds{250};

  /// From when on the next slice may begin; a time gone by: now.
  TimePoint due() const { return due_; }
  void begin(TimePoint now, Duration cpu);
  /// Whether the slice is used up.
  bool over(Duration cpu) const { return cpu - began_ >= kSlice; }
  void end(TimePoint now, Duration cpu);
  /// Fan-out that was done outside of a slice.
  void spend(Duration cost) { own_ += cost; }

  /// The part of the thread that went to other work lately, 0 to 1.
  double elsewhere() const { return elsewhere_; }
  /// The part of it that the fan-out may take, 1/2 to 1.
  double share() const;

 private:
  TimePoint due_{};
  Duration began_{};
  Duration own_{};  ///< since the window began
  double elsewhere_ = 0;
  std::optional<TimePoint> window_began_;
  Duration cpu_then_{};
};

}  // namespace levee::realtime
