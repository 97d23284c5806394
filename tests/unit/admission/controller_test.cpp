#include "levee/admission/controller.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "plant.hpp"

namespace levee::admission {
namespace {

using namespace std::chrono_literals;

void run(Plant& plant, double seconds, int newcomers_each_period) {
  for (int i = 0; i < static_cast<int>(seconds * 10); ++i) plant.step(newcomers_each_period);
}

TEST(Controller, MakesNobodyWaitOnAnIdleServer) {
  Plant plant{1.0 / 4000};
  for (int i = 0; i < 100; ++i) {
    plant.step(1);
    EXPECT_EQ(plant.last_admitted, 1u) << i;
  }
  EXPECT_EQ(plant.grant.level, Level::open);
}

TEST(Controller, LetsAnOrdinaryAudienceInAtOnceAfterAStart) {
  Plant plant{1.0 / 4000};
  run(plant, 5, 10);  // 100 a second
  EXPECT_EQ(plant.viewers, 500);
}

TEST(Controller, FillsTheServerAndNotMoreInASurge) {
  Plant plant{1.0 / 4000};
  plant.viewers = 1000;
  run(plant, 5, 0);
  run(plant, 1, 1000);
  EXPECT_LT(plant.load(), 0.6) << "10,000 came in a second, before anything could be late";
  run(plant, 60, 100);
  EXPECT_GT(plant.load(), 0.8);
  EXPECT_LT(plant.load(), 1.0);
  EXPECT_LT(plant.worst_late, 0.6) << "no part ran into the next";
}

TEST(Controller, DoublesAnAudienceInASecondAtMost) {
  Plant plant{1.0 / 100'000};  // there is room for fifty times as many
  plant.viewers = 2000;
  run(plant, 30, 0);
  for (int second = 0; second < 3; ++second) {
    const double before = plant.viewers;
    run(plant, 1, 10'000);
    EXPECT_GT(plant.viewers, before * 1.5);
    EXPECT_LT(plant.viewers, before * 2.8) << "as it grows within the second, too";
  }
}

TEST(Controller, DoesNotOscillateAtTheLimit) {
  Plant plant{1.0 / 4000};
  plant.viewers = 1000;
  run(plant, 60, 100);
  double least = plant.load();
  double most = plant.load();
  for (int i = 0; i < 300; ++i) {
    plant.viewers -= 4;  // some leave
    plant.step(100);
    least = std::min(least, plant.load());
    most = std::max(most, plant.load());
  }
  EXPECT_LT(most - least, 0.08);
  EXPECT_GT(least, 0.75);
}

TEST(Controller, BearsNoise) {
  Plant plant{1.0 / 4000};
  plant.viewers = 1000;
  plant.noise = 0.05;
  run(plant, 90, 100);
  EXPECT_GT(plant.load(), 0.75);
  EXPECT_LT(plant.load(), 1.0);
}

TEST(Controller, IsNotFooledByAFewSlowReaders) {
  Plant plant{1.0 / 4000};
  plant.viewers = 100;
  plant.slow_readers = 10;
  run(plant, 5, 5);
  EXPECT_EQ(plant.viewers, 350) << "their lateness is their own";
}

TEST(Controller, ClosesWhenDeliveriesGetLateForAnotherReason) {
  Plant plant{1.0 / 4000};
  plant.viewers = 2000;
  run(plant, 5, 0);
  plant.extra_load = 0.9;  // another process takes the machine
  run(plant, 3, 0);
  const double before = plant.viewers;
  run(plant, 3, 100);
  EXPECT_LT(plant.viewers, before + 60);
  EXPECT_GE(plant.grant.level, Level::wait);
}

TEST(Controller, ShutsTheDoorToEverybodyWhileDeliveriesAreLateAndSaysForHowLong) {
  Plant plant{1.0 / 4000};
  plant.viewers = 2000;
  run(plant, 5, 10);
  EXPECT_EQ(plant.grant.hold, Duration{});
  plant.extra_load = 0.9;  // another process takes the machine
  run(plant, 3, 10);
  EXPECT_GE(plant.grant.hold, 1s) << "as long again as it has lasted";
  EXPECT_LE(plant.grant.hold, 3s);
  EXPECT_EQ(plant.grant.rate, 0);
  EXPECT_EQ(plant.grant.room, 0);
  EXPECT_EQ(plant.grant.forecast.until(1).value_or(1h) >= plant.grant.hold, true);
  plant.extra_load = 0;
  run(plant, 6, 10);
  EXPECT_EQ(plant.grant.hold, Duration{});
  EXPECT_GT(plant.grant.rate, 0);
}

// Deliveries to `viewers` that are usually 2 ms late, and 100 ms in the last period.
Grant after_a_late_period(Controller& controller, std::uint64_t viewers, TimePoint now) {
  Signals signals;
  signals.part_target = 2s;
  signals.incumbents = viewers;
  signals.cpu = 0.2;
  Grant grant;
  for (int i = 30; i >= 0; --i) {
    signals.lateness.count = viewers;
    signals.lateness.p50 = signals.lateness.p90 = i > 0 ? 2ms : 100ms;
    grant = controller.evaluate(signals, now - i * 100ms);
  }
  return grant;
}

TEST(Controller, DoesNotShutTheDoorToEverybodyForWhatMayBeOneViewersDoing) {
  Controller many{1};
  Controller few{1};
  EXPECT_GT(after_a_late_period(many, 200, TimePoint{1h}).hold, Duration{});
  EXPECT_EQ(after_a_late_period(few, 5, TimePoint{1h}).hold, Duration{});
}

TEST(Controller, OpensTheDoorWhenNobodyIsLeftWhoIsServedLate) {
  Controller controller{1};
  after_a_late_period(controller, 200, TimePoint{1h});
  Grant grant;
  for (int i = 1; i < 100; ++i) grant = controller.evaluate(Signals{}, TimePoint{1h} + i * 100ms);
  EXPECT_EQ(grant.hold, Duration{});
  EXPECT_GT(grant.rate, 0);
}

TEST(Controller, IsAsBeforeTwoSecondsAfterASurge) {
  Plant plant{1.0 / 20'000};
  plant.viewers = 2000;
  run(plant, 5, 0);
  run(plant, 1, 300);  // well inside what it carries
  run(plant, 2, 0);
  EXPECT_LE(plant.grant.level, Level::start_low);
  plant.step(20);
  EXPECT_EQ(plant.last_admitted, 20u);
}

TEST(Controller, KeepsNewcomersBehindIncumbentsThatComeBack) {
  Plant plant{1.0 / 4000};
  plant.viewers = 1000;
  run(plant, 5, 0);
  plant.returning = 100;  // a thousand a second
  run(plant, 0.5, 0);
  EXPECT_TRUE(plant.grant.reconnecting);
  const double before = plant.viewers;
  run(plant, 2, 100);
  EXPECT_LE(plant.viewers, before + 1);
  plant.returning = 0;
  run(plant, 5, 10);
  EXPECT_FALSE(plant.grant.reconnecting);
  EXPECT_GT(plant.viewers, before + 20);
}

TEST(Controller, StandsAGapInItsClock) {
  Plant plant{1.0 / 4000};
  plant.viewers = 1000;
  run(plant, 10, 100);
  plant.now += 1h;
  run(plant, 0.2, 1000);
  EXPECT_LT(plant.load(), 1.0);
  plant.now -= 2s;  // a step back counts as no time
  run(plant, 1, 10);
  EXPECT_TRUE(std::isfinite(plant.grant.rate));
  EXPECT_GE(plant.grant.rate, 0);
}

TEST(Controller, HidesRungsBeforeItProtectsIncumbents) {
  Plant plant{1.0 / 4000};
  plant.viewers = 1000;
  run(plant, 5, 0);
  plant.viewers = 4600;  // all of them took the top rung
  Level last = Level::open;
  for (int i = 0; i < 50; ++i) {
    plant.step(50);
    const auto level = plant.grant.level;
    EXPECT_LE(static_cast<int>(level), static_cast<int>(last) + 1) << "no level is left out";
    last = std::max(last, level);
    EXPECT_EQ(plant.grant.protect_incumbents, level == Level::protect);
    EXPECT_EQ(plant.grant.hidden_rungs > 0, level >= Level::hide_top);
  }
  EXPECT_EQ(last, Level::protect);
}

}  // namespace
}  // namespace levee::admission
