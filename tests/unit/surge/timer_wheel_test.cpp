#include "surge/timer_wheel.hpp"

#include <functional>
#include <optional>

#include <gtest/gtest.h>

#include "support/start.hpp"

namespace levee::surge {
namespace {

using namespace std::chrono_literals;

using test::kStart;

struct Probe final : WheelTimer {
  void fire(TimePoint due, TimePoint now) override {
    asked = due;
    fired = now;
    ++times;
    if (then) then();
  }
  std::optional<TimePoint> asked, fired;
  int times = 0;
  std::function<void()> then;
};

TEST(TimerWheel, FiresNeverBeforeItsTime) {
  TimerWheel wheel{kStart};
  Probe probe;
  wheel.schedule(probe, kStart + 10500us);
  for (auto now = kStart; now < kStart + 10500us; now += 100us) wheel.advance(now);
  EXPECT_EQ(probe.times, 0);
  wheel.advance(kStart + 11ms);
  EXPECT_EQ(probe.times, 1);
  EXPECT_EQ(probe.asked, kStart + 10500us);
}

TEST(TimerWheel, GoesAroundForTimesBeyondIt) {
  TimerWheel wheel{kStart};
  Probe probe;
  wheel.schedule(probe, kStart + 10s);
  for (auto now = kStart; now < kStart + 10s; now += 7ms) wheel.advance(now);
  EXPECT_EQ(probe.times, 0);
  wheel.advance(kStart + 10s + 7ms);
  EXPECT_EQ(probe.times, 1);
}

TEST(TimerWheel, FiresEverythingAfterALongPause) {
  TimerWheel wheel{kStart};
  Probe soon, late;
  wheel.schedule(soon, kStart + 5ms);
  wheel.schedule(late, kStart + 9s);
  wheel.advance(kStart + 60s);
  EXPECT_EQ(soon.times, 1);
  EXPECT_EQ(late.times, 1);
}

TEST(TimerWheel, ForgetsWhatIsCancelledOrDestroyed) {
  TimerWheel wheel{kStart};
  Probe cancelled;
  wheel.schedule(cancelled, kStart + 5ms);
  cancelled.cancel();
  {
    Probe destroyed;
    wheel.schedule(destroyed, kStart + 5ms);
  }
  wheel.advance(kStart + 10ms);
  EXPECT_EQ(cancelled.times, 0);
  EXPECT_FALSE(cancelled.pending());
}

TEST(TimerWheel, MovesATimerThatIsScheduledAgain) {
  TimerWheel wheel{kStart};
  Probe probe;
  wheel.schedule(probe, kStart + 5ms);
  wheel.schedule(probe, kStart + 20ms);
  wheel.advance(kStart + 10ms);
  EXPECT_EQ(probe.times, 0);
  wheel.advance(kStart + 20ms);
  EXPECT_EQ(probe.times, 1);
}

TEST(TimerWheel, LetsATimerScheduleAndCancelOthers) {
  TimerWheel wheel{kStart};
  Probe first, second, third;
  wheel.schedule(first, kStart + 5ms);
  wheel.schedule(second, kStart + 5ms);
  first.then = [&] {
    second.cancel();
    wheel.schedule(third, kStart);  // already past: next time
    wheel.schedule(first, kStart + 30ms);
  };
  wheel.advance(kStart + 5ms);
  EXPECT_EQ(second.times, 0);
  EXPECT_EQ(third.times, 0);
  wheel.advance(kStart + 6ms);
  EXPECT_EQ(third.times, 1);
  wheel.advance(kStart + 30ms);
  EXPECT_EQ(first.times, 2);
}

}  // namespace
}  // namespace levee::surge
