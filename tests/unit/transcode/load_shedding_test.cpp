#include "levee/transcode/load_shedding.hpp"

#include <optional>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace levee::transcode {
namespace {

using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;
using Decision = LoadShedding::Decision;

constexpr TimePoint kStart{};
const std::vector<std::uint32_t> kBitrates{2'500'000, 1'200'000, 700'000, 350'000};

LoadShedding::Load load(double lag_seconds) {
  return {.lag = static_cast<media::MediaTime>(lag_seconds * media::kTimescale),
          .base_cost = 0.15,
          .costs = {0.20, 0.10, 0.06, 0.03},
          .slowdown = 1};
}

/// Asks each 100 ms up to `until`; gives the first decision and leaves `now` there.
std::optional<Decision> ask(LoadShedding& policy, TimePoint& now, Duration time,
                            const LoadShedding::Load& load) {
  const auto until = now + time;
  while (now < until) {
    now += 100ms;
    if (const auto decision = policy.update(now, load)) return decision;
  }
  return std::nullopt;
}

TEST(LoadShedding, DoesNothingWhileTheEncoderKeepsUp) {
  LoadShedding policy{{}, kBitrates};
  auto now = kStart;
  EXPECT_EQ(ask(policy, now, 60s, load(0.1)), std::nullopt);
}

TEST(LoadShedding, ShedsFromTheTopAndTheLifelineLast) {
  LoadShedding policy{{}, kBitrates};
  auto now = kStart;
  for (const std::size_t rung : {0u, 1u, 2u, 3u})
    EXPECT_EQ(ask(policy, now, 3s, load(0.6)), (Decision{.rung = rung, .shed = true}));
  EXPECT_EQ(ask(policy, now, 60s, load(0.6)), std::nullopt);
}

TEST(LoadShedding, ShedsTheRungWhoseStepIsSmallForItsCost) {
  LoadShedding policy{{}, {2'500'000, 2'400'000, 700'000}};
  auto now = kStart;
  auto measured = load(0.6);
  measured.costs = {0.2, 0.2, 0.05};
  EXPECT_EQ(ask(policy, now, 1s, measured)->rung, 0u);
  LoadShedding other{{}, {2'500'000, 800'000, 700'000}};
  measured.costs = {0.2, 0.15, 0.05};
  now = kStart;
  EXPECT_EQ(ask(other, now, 1s, measured)->rung, 1u) << "it saves nearly as much and nobody would see it";
}

TEST(LoadShedding, LetsADecisionShowBeforeTheNext) {
  LoadShedding policy{{}, kBitrates};
  auto now = kStart;
  ASSERT_TRUE(ask(policy, now, 1s, load(0.6)));
  EXPECT_EQ(ask(policy, now, 1900ms, load(0.9)), std::nullopt);
  EXPECT_TRUE(ask(policy, now, 200ms, load(0.9)));
}

TEST(LoadShedding, RestoresAfterATimeOfCalm) {
  LoadShedding policy{{}, kBitrates};
  auto now = kStart;
  ASSERT_TRUE(ask(policy, now, 1s, load(0.6)));
  EXPECT_EQ(ask(policy, now, 9s, load(0.05)), std::nullopt);
  EXPECT_EQ(ask(policy, now, 2s, load(0.05)), (Decision{.rung = 0, .shed = false}));
  EXPECT_FALSE(policy.is_shed(0));
}

TEST(LoadShedding, DoesNotRestoreBetweenTheTwoMarks) {
  LoadShedding policy{{}, kBitrates};
  auto now = kStart;
  ASSERT_TRUE(ask(policy, now, 1s, load(0.6)));
  EXPECT_EQ(ask(policy, now, 300s, load(0.3)), std::nullopt);
}

TEST(LoadShedding, RestoresTheLifelineFirst) {
  LoadShedding policy{{}, kBitrates};
  auto now = kStart;
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(ask(policy, now, 3s, load(0.6)));
  EXPECT_EQ(ask(policy, now, 11s, load(0.05))->rung, 3u);
}

TEST(LoadShedding, DoesNotRestoreWhatCannotFit) {
  LoadShedding policy{{}, kBitrates};
  auto now = kStart;
  ASSERT_TRUE(ask(policy, now, 1s, load(0.6)));
  auto slow = load(0.05);
  slow.slowdown = 1.7;
  EXPECT_EQ(ask(policy, now, 600s, slow), std::nullopt);
  EXPECT_TRUE(ask(policy, now, 1s, load(0.05)));
}

TEST(LoadShedding, WaitsTwiceAsLongAfterAReturnThatFailed) {
  LoadShedding policy{{}, kBitrates};
  auto now = kStart;
  ASSERT_TRUE(ask(policy, now, 1s, load(0.6)));
  ASSERT_TRUE(ask(policy, now, 11s, load(0.05)));
  ASSERT_TRUE(ask(policy, now, 5s, load(0.6)));
  EXPECT_EQ(ask(policy, now, 19s, load(0.05)), std::nullopt);
  EXPECT_TRUE(ask(policy, now, 2s, load(0.05)));
}

TEST(LoadShedding, ForgetsAFailureAfterAReturnThatHeld) {
  LoadShedding policy{{}, kBitrates};
  auto now = kStart;
  ASSERT_TRUE(ask(policy, now, 1s, load(0.6)));
  ASSERT_TRUE(ask(policy, now, 11s, load(0.05)));
  ASSERT_TRUE(ask(policy, now, 5s, load(0.6)));
  ASSERT_TRUE(ask(policy, now, 21s, load(0.05)));
  EXPECT_EQ(ask(policy, now, 61s, load(0.05)), std::nullopt);
  ASSERT_TRUE(ask(policy, now, 1s, load(0.6)));
  EXPECT_TRUE(ask(policy, now, 11s, load(0.05)));
}

}  // namespace
}  // namespace levee::transcode
