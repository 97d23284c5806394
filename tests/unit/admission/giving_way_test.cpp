#include "levee/admission/giving_way.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "support/start.hpp"

namespace levee::admission {
namespace {

using namespace std::chrono_literals;

using test::kStart;

// Updates every 100 ms for `time`, and gives the levels that were passed through.
std::vector<Level> pass(GivingWay& way, TimePoint& now, Duration time, double load, double pressure,
                        bool rationed) {
  std::vector<Level> levels{way.level()};
  for (const auto end = now + time; now < end; now += 100ms) {
    const Level level = way.update(load, pressure, rationed, now);
    if (level != levels.back()) levels.push_back(level);
  }
  return levels;
}

TEST(GivingWay, IsOpenWhileThereIsRoom) {
  GivingWay way;
  auto now = kStart;
  EXPECT_EQ(pass(way, now, 10s, 0.5, 0.5, false), (std::vector{Level::open}));
}

TEST(GivingWay, GoesThroughTheLevelsInOrderAndBack) {
  GivingWay way;
  auto now = kStart;
  way.update(0, 0, false, now);
  EXPECT_EQ(pass(way, now, 5s, 1.2, 2, true),
            (std::vector{Level::open, Level::start_low, Level::wait, Level::hide_top, Level::protect}));
  EXPECT_EQ(pass(way, now, 8s, 0.3, 0.1, false),
            (std::vector{Level::protect, Level::hide_top, Level::wait, Level::start_low, Level::open}));
}

TEST(GivingWay, HidesNothingForAFullMoment) {
  GivingWay way;
  auto now = kStart;
  way.update(0, 0, false, now);
  pass(way, now, 2900ms, 1.3, 0.5, true);
  EXPECT_EQ(way.level(), Level::wait);
}

TEST(GivingWay, DoesNotFlapAtALimit) {
  GivingWay way;
  auto now = kStart;
  way.update(0, 0, false, now);
  int changes = 0;
  auto last = way.level();
  for (int i = 0; i < 600; ++i, now += 100ms) {
    const auto level = way.update(i % 2 == 0 ? 0.58 : 0.62, i % 3 == 0 ? 1.1 : 0.9, false, now);
    if (level != last) ++changes;
    last = level;
  }
  EXPECT_LE(changes, 1);
  EXPECT_EQ(last, Level::start_low);
}

TEST(GivingWay, HidesASecondRungWhenOneWasNotEnough) {
  GivingWay way;
  auto now = kStart;
  way.update(0, 0, false, now);
  pass(way, now, 4s, 1.2, 0.5, true);
  EXPECT_EQ(way.hidden_rungs(now), 1);
  pass(way, now, 10s, 1.2, 0.5, true);
  EXPECT_EQ(way.hidden_rungs(now), 2);
  pass(way, now, 5s, 0.5, 0.5, false);
  EXPECT_EQ(way.hidden_rungs(now), 0);
}

}  // namespace
}  // namespace levee::admission
