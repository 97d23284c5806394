#include "levee/delivery/release_fronts.hpp"

#include <gtest/gtest.h>

namespace levee::delivery {
namespace {

using namespace std::chrono_literals;
using admission::TurnOrder;

class ReleaseFrontsTest : public testing::Test {
 protected:
  static ReleaseFront at(std::uint32_t let_in, std::uint64_t release = 1) {
    return {release, {true, let_in, {}}};
  }
  bool may_wake(std::size_t shard, const ReleaseFront& next) {
    return fronts.may_wake(shard, next, TurnOrder::by_seniority, now);
  }
  /// Times that `shard` may wake some before it is to wait, each time those of the next second.
  int runs(std::size_t shard, std::uint32_t from, std::uint64_t release = 1, int most = 50) {
    int times = 0;
    while (times < most && may_wake(shard, at(from + static_cast<std::uint32_t>(times), release))) ++times;
    return times;
  }

  ReleaseFronts fronts{3};
  TimePoint now{1h};
};

TEST_F(ReleaseFrontsTest, LetsAShardRunAheadOfAnotherByNoMoreThanSomeViewers) {
  EXPECT_TRUE(may_wake(0, at(100)));
  EXPECT_EQ(runs(1, 101), 4) << "who was let in at 101 and was woken four times ago was not to go before 100";
  EXPECT_FALSE(may_wake(1, at(105))) << "until that one has come on";
  EXPECT_TRUE(may_wake(0, at(102)));
  EXPECT_TRUE(may_wake(1, at(105)));
}

TEST_F(ReleaseFrontsTest, LetsTheShardGoOnThatIsAtTheMostSenior) {
  for (const std::size_t shard : {0U, 1U, 2U}) EXPECT_TRUE(may_wake(shard, at(100)));
  EXPECT_EQ(runs(0, 100), 4 + 1) << "with those of 100 it is level, then it is ahead";
  EXPECT_EQ(runs(1, 101), 4);
  EXPECT_EQ(runs(2, 100, 1, 3), 3) << "all others wait for it";
}

TEST_F(ReleaseFrontsTest, DoesNotHoldShardsThatAreAtTheSameSecond) {
  EXPECT_TRUE(may_wake(0, at(100)));
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(may_wake(1, at(100)));
}

TEST_F(ReleaseFrontsTest, WaitsForNobodyWhoIsDone) {
  EXPECT_TRUE(may_wake(0, at(100)));
  EXPECT_EQ(runs(1, 101), 4);
  fronts.rest(0);
  EXPECT_EQ(runs(1, 105), 50);
}

TEST_F(ReleaseFrontsTest, WaitsForNobodyWhoIsStuck) {
  EXPECT_TRUE(may_wake(0, at(100)));
  EXPECT_EQ(runs(1, 101), 4);
  now += 49ms;
  EXPECT_FALSE(may_wake(1, at(105)));
  now += 1ms;
  EXPECT_EQ(runs(1, 105), 50);
  EXPECT_TRUE(may_wake(0, at(101))) << "and again once it comes on";
  EXPECT_FALSE(may_wake(1, at(155)));
}

TEST_F(ReleaseFrontsTest, CountsTheTimeOfAShardThatComesLaterFromWhenItCame) {
  now += 1h;
  EXPECT_TRUE(may_wake(0, at(100)));
  EXPECT_EQ(runs(1, 101), 4);
}

TEST_F(ReleaseFrontsTest, HoldsNobodyForAnotherRelease) {
  EXPECT_TRUE(may_wake(0, at(100, 1)));
  EXPECT_EQ(runs(1, 101, 2), 50);
  EXPECT_EQ(runs(2, 101, 1), 4) << "but for the same";
}

TEST_F(ReleaseFrontsTest, HoldsNobodyOfAReleaseOfOneShard) {
  EXPECT_TRUE(may_wake(0, at(100, 0)));
  EXPECT_EQ(runs(1, 101, 0), 50);
}

TEST_F(ReleaseFrontsTest, ForgetsHowFarAShardWasInTheReleaseBefore) {
  EXPECT_TRUE(may_wake(0, at(100, 1)));
  EXPECT_EQ(runs(1, 200, 1), 4);
  fronts.rest(0);
  fronts.rest(1);
  EXPECT_TRUE(may_wake(0, at(100, 2)));
  EXPECT_EQ(runs(1, 200, 2), 4);
}

TEST_F(ReleaseFrontsTest, KeepsTheOrderOfNeedToo) {
  const auto dry_in = [this](Duration left) { return ReleaseFront{1, {true, 100, now + left}}; };
  const auto may = [this](std::size_t shard, const ReleaseFront& next) {
    return fronts.may_wake(shard, next, TurnOrder::by_need, now);
  };
  EXPECT_TRUE(may(0, dry_in(100ms)));
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(may(1, dry_in(200ms)));
  EXPECT_FALSE(may(1, dry_in(200ms)));
  EXPECT_TRUE(may(0, dry_in(200ms)));
  EXPECT_TRUE(may(1, dry_in(200ms)));
}

}  // namespace
}  // namespace levee::delivery
