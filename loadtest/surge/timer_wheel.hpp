#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "levee/base/clock.hpp"

namespace levee::surge {

/// Something that wants to be called at a time. It is linked into the wheel, which allocates nothing: a run
/// with ten thousand viewers has tens of thousands of these.
///
/// Lifetime: destroying or cancelling it takes it out of the wheel.
class WheelTimer {
 public:
  WheelTimer() = default;
  virtual ~WheelTimer() { cancel(); }
  WheelTimer(const WheelTimer&) = delete;
  WheelTimer& operator=(const WheelTimer&) = delete;

  /// Called once for each `schedule`, never before its time. `due` is the time asked for; how much later it
  /// is called is the generator's own lag.
  virtual void fire(TimePoint due, TimePoint now) = 0;

  void cancel();
  bool pending() const { return previous_ != nullptr; }

 private:
  friend class TimerWheel;
  WheelTimer* previous_ = nullptr;
  WheelTimer* next_ = nullptr;
  TimePoint due_{};
};

/// Holds timers by the millisecond in which they are due. Scheduling and cancelling cost the same however
/// many there are; its owner calls `advance` about once a millisecond.
///
/// Time: passed in. Limits: a timer beyond the wheel's 4.096 s goes around more than once. Thread: one.
class TimerWheel {
 public:
  static constexpr Duration kTick = std::chrono::milliseconds{1};

  explicit TimerWheel(TimePoint now);
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  /// Calls `timer` at the first `advance` at or after `due`. A timer already scheduled is moved.
  void schedule(WheelTimer& timer, TimePoint due);

  /// Calls everything that is due at `now`. What is scheduled meanwhile for a time already past is called in
  /// the next `advance`.
  void advance(TimePoint now);

 private:
  struct Head final : WheelTimer {
    void fire(TimePoint, TimePoint) override {}
  };
  static constexpr std::size_t kSlots = 4096;

  std::int64_t tick_of(TimePoint time) const { return (time - start_) / kTick; }
  static void insert_before(WheelTimer& head, WheelTimer& timer);
  void run_slot(Head& head, TimePoint now);

  TimePoint start_;
  std::int64_t tick_ = 0;  ///< the next one to look at
  std::array<Head, kSlots> slots_;
};

}  // namespace levee::surge
