#include "levee/realtime/track_rates.hpp"

#include <gtest/gtest.h>

#include "support/start.hpp"

namespace levee::realtime {
namespace {

using namespace std::chrono_literals;

using test::kStart;
constexpr Place kHere{59.3293, 18.0686};
constexpr Place kKilometreNorth{59.338293, 18.0686};

class TrackRatesTest : public testing::Test {
 protected:
  RateDirective direct_at(double speed_mps, Duration later = 0s) {
    inputs_.speed_mps = speed_mps;
    now_ += later;
    return direct(table_, checkpoints_, inputs_, memory_, now_);
  }

  TrackRates table_{.error_m = 30, .fastest = 2s, .near_error_m = 10};
  std::vector<Checkpoint> checkpoints_;
  RateInputs inputs_{kHere, 0, Motion::moving, {}, true};
  RateMemory memory_;
  TimePoint now_ = kStart;
};

TEST_F(TrackRatesTest, AsksOftenerTheFasterADeviceMoves) {
  EXPECT_EQ(direct_at(3).next, 10s);
  EXPECT_EQ(direct_at(6).next, 5s);
  EXPECT_EQ(direct_at(100).next, 2s);
}

TEST_F(TrackRatesTest, WantsMoreAtOnceAndLessOnlyAfterAWhile) {
  EXPECT_EQ(direct_at(6).next, 5s);
  EXPECT_EQ(direct_at(1, 10s).next, 5s);
  EXPECT_EQ(direct_at(1, 21s).next, 30s);
  EXPECT_EQ(direct_at(6, 1s).next, 5s);
}

TEST_F(TrackRatesTest, ASpeedThatKeepsComingBackKeepsItsInterval) {
  direct_at(6);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(direct_at(1, 20s).next, 5s);
    EXPECT_EQ(direct_at(6, 5s).next, 5s);
  }
}

TEST_F(TrackRatesTest, NearACheckpointHoldsASmallerErrorAndSaysWhich) {
  checkpoints_.push_back({"", "gate", kHere, 50});
  inputs_.place = kKilometreNorth;
  const auto far = direct_at(6);
  EXPECT_EQ(far.why, RateReason::moving);
  ASSERT_NE(far.near, nullptr);
  EXPECT_EQ(far.near_reach_m, 200) << "so that the device knows by itself when it is near";
  inputs_.place = kHere;
  const auto near = direct_at(5, 1s);
  EXPECT_EQ(near.why, RateReason::checkpoint);
  EXPECT_EQ(near.near->name, "gate");
  EXPECT_EQ(near.near_error_m, 10);
  EXPECT_EQ(near.next, 2s);
  EXPECT_EQ(direct_at(20, 1s).next, 1s);
}

TEST_F(TrackRatesTest, ReachesFurtherTheFasterADeviceComes) {
  checkpoints_.push_back({"", "gate", kHere, 50});
  inputs_.place = kKilometreNorth;
  EXPECT_EQ(direct_at(48).why, RateReason::checkpoint);  // 20 s x 48 m/s is further than 950 m
}

TEST_F(TrackRatesTest, AParkedDeviceIsAskedRarelyAndItsFirstMotionIsNamed) {
  direct_at(6);
  inputs_.motion = Motion::parked;
  const auto parked = direct_at(0, 1s);
  EXPECT_EQ(parked.next, 300s);
  EXPECT_EQ(parked.why, RateReason::parked);
  inputs_.motion = Motion::moving;
  const auto started = direct_at(6, 100s);
  EXPECT_EQ(started.why, RateReason::started);
  EXPECT_EQ(started.next, 5s);
}

TEST_F(TrackRatesTest, NobodyWatchingHoldsFourTimesTheError) {
  inputs_.watched = false;
  const auto unwatched = direct_at(6);
  EXPECT_EQ(unwatched.error_m, 120);
  EXPECT_EQ(unwatched.near_error_m, 40);
  EXPECT_EQ(unwatched.next, 20s);
  EXPECT_EQ(unwatched.why, RateReason::unwatched);
  inputs_.watched = true;
  const auto watched = direct_at(6, 1s);
  EXPECT_EQ(watched.why, RateReason::watched);
  EXPECT_EQ(watched.next, 5s);
}

TEST_F(TrackRatesTest, ALowBatteryReportsAThirdAsOftenAndAFlatOneOnlyWhatMatters) {
  inputs_.battery_percent = 19;
  EXPECT_EQ(direct_at(6).next, 15s);
  EXPECT_EQ(direct_at(6).why, RateReason::battery);
  EXPECT_EQ(direct_at(6).parked, 900s);
  inputs_.battery_percent = 9;
  const auto flat = direct_at(6, 60s);
  EXPECT_EQ(flat.next, 300s);
  EXPECT_EQ(flat.error_m, 500);
  EXPECT_EQ(flat.near, nullptr);
}

TEST(TrackStanding, SilenceIsJudgedByThePromise) {
  EXPECT_EQ(fix_state(300s, 300s), FixState::live);
  EXPECT_EQ(fix_state(3s, 3s), FixState::live);
  EXPECT_EQ(fix_state(16s, 3s), FixState::aging);
  EXPECT_EQ(fix_state(17s, 3s), FixState::stale);
  EXPECT_EQ(fix_state(60s, 0s), FixState::live);
}

TEST(TrackStanding, UncertaintyNeverShrinksWithAge) {
  TrackFix fix;
  fix.accuracy_m = 6;
  fix.speed_mps = 2;
  fix.next = 5s;
  EXPECT_EQ(uncertainty_m(fix, 0s), 6);
  EXPECT_EQ(uncertainty_m(fix, 5s), 16);
  EXPECT_EQ(uncertainty_m(fix, 15s), 6 + 30 + 15);
  double before = 0;
  for (auto age = 0s; age < 100s; ++age) {
    EXPECT_GE(uncertainty_m(fix, age), before);
    before = uncertainty_m(fix, age);
  }
}

TEST(TrackFix, AHeadingTurnsTheShortWayRound) {
  EXPECT_EQ(turn_deg(350, 10), 20);
  EXPECT_EQ(turn_deg(10, 350), 20);
  EXPECT_EQ(turn_deg(0, 180), 180);
}

}  // namespace
}  // namespace levee::realtime
