#include "levee/realtime/fanout_pace.hpp"

#include <gtest/gtest.h>

#include "support/start.hpp"

namespace levee::realtime {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""us;

using test::kStart;

/// A pace after a round that ended at kStart and cost 16 ms.
RoundPace paced(double most = 1) {
  RoundPace pace{most};
  pace.arrived(kStart - 20ms);
  pace.begin_round();
  pace.spend(10ms);
  pace.spend(6ms);
  pace.end_round(kStart);
  return pace;
}

TEST(RoundPace, SendsAtOnceWhatComesToAQuietRoomHoweverLargeItIs) {
  RoundPace fresh;
  EXPECT_EQ(fresh.due(), TimePoint::max());
  fresh.arrived(kStart);
  EXPECT_EQ(fresh.due(), kStart);
  auto pace = paced();
  pace.arrived(kStart + 16ms);
  EXPECT_EQ(pace.due(), kStart + 16ms);
}

TEST(RoundPace, MergesWhatComesDuringARoundAndSendsItAtItsEnd) {
  auto pace = paced();
  pace.arrived(kStart - 8ms);
  EXPECT_EQ(pace.due(), kStart + 2ms) << "and what this round is answered with is merged too";
}

TEST(RoundPace, GathersWhatComesTogetherForAnEighthOfABusyRoomsRound) {
  auto pace = paced();
  pace.arrived(kStart + 3ms);
  EXPECT_EQ(pace.due(), kStart + 5ms);
  pace.arrived(kStart + 3500us);
  EXPECT_EQ(pace.due(), kStart + 5ms) << "the first that came counts";
}

TEST(RoundPace, ASmallRoomIsNotWorthATimer) {
  RoundPace pace;
  pace.spend(700us);
  pace.end_round(kStart);
  pace.arrived(kStart + 100us);
  EXPECT_EQ(pace.due(), kStart + 100us);
}

TEST(RoundPace, RestsWhereOnlyAPartOfTheThreadMayBeTaken) {
  auto pace = paced(0.25);
  pace.arrived(kStart);
  EXPECT_EQ(pace.due(), kStart + 48ms);
  auto late = paced(0.25);
  late.arrived(kStart + 1s);
  EXPECT_EQ(late.due(), kStart + 1s);
  RoundPace huge{0.25};
  huge.spend(1s);
  huge.end_round(kStart);
  huge.arrived(kStart);
  EXPECT_EQ(huge.due(), kStart + RoundPace::kMostRest);
}

/// A thread that does so much fan-out and so much else, for a while.
SlicePace used(Duration own, Duration others) {
  SlicePace pace;
  TimePoint now = kStart;
  Duration cpu{};
  for (int turn = 0; turn < 1000; ++turn, now += 1ms) {
    pace.begin(now, cpu);
    cpu += own;
    pace.end(now, cpu);
    cpu += others;
  }
  return pace;
}

TEST(SlicePace, ASliceIsOverAfterAMillisecond) {
  SlicePace pace;
  pace.begin(kStart, 5ms);
  EXPECT_FALSE(pace.over(5900us));
  EXPECT_TRUE(pace.over(6ms));
}

TEST(SlicePace, OneSliceFollowsTheOtherWhileTheThreadHasLittleElseToDo) {
  const auto pace = used(900us, 80us);
  EXPECT_NEAR(pace.elsewhere(), 0.08, 0.005);
  EXPECT_EQ(pace.share(), 1);
  EXPECT_EQ(pace.due(), kStart + 999ms) << "when the last one began: at once";
}

TEST(SlicePace, LeavesTwiceWhatOthersTakeUntilItHasHalfOfTheThread) {
  EXPECT_NEAR(used(700us, 200us).share(), 0.8, 0.01);
  EXPECT_EQ(used(500us, 400us).share(), 0.5);
  const auto pace = used(200us, 800us);
  EXPECT_EQ(pace.share(), 0.5);
  EXPECT_EQ(pace.due(), kStart + 999ms + 400us) << "after the last slice as long a pause";
}

TEST(SlicePace, WhatIsFannedOutBetweenTheSlicesIsNothingElse) {
  SlicePace pace;
  TimePoint now = kStart;
  Duration cpu{};
  for (int turn = 0; turn < 1000; ++turn, now += 1ms) {
    pace.begin(now, cpu);
    pace.end(now, cpu += 400us);
    pace.spend(500us);
    cpu += 500us;
  }
  EXPECT_NEAR(pace.elsewhere(), 0, 0.001);
}

}  // namespace
}  // namespace levee::realtime
