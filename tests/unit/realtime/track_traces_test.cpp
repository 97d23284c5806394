#include <gtest/gtest.h>

#include "support/track/track_world.hpp"

namespace levee::test {
namespace {

using namespace std::chrono_literals;

/// The aims of the rate policy, over made traces; `./dev bench track` shows the figures.
class TrackAims : public testing::Test {
 protected:
  static constexpr std::uint64_t kEach = 3;
  const std::vector<Trace> traces_ = all_traces(kEach);
  const realtime::TrackRates table_;
  const TrackFigures rule_ = run_traces(traces_, distance_rule(), table_, true);
  const TrackFigures watched_ = run_traces(traces_, adaptive(), table_, true);
  const TrackFigures unwatched_ = run_traces(traces_, adaptive(), table_, false);
};

TEST_F(TrackAims, NearCheckpointsTheErrorIsHalfOfTheDistanceRules) {
  EXPECT_LE(watched_.checkpoint_p95_m, rule_.checkpoint_p95_m / 2);
}

TEST_F(TrackAims, AStopIsSeenWithinThirtySeconds) {
  EXPECT_LE(watched_.stop_seen_max_s, 30);
  EXPECT_LE(unwatched_.stop_seen_max_s, 30);
}

TEST_F(TrackAims, EveryPromiseIsKept) {
  EXPECT_EQ(watched_.promises_broken, 0);
  EXPECT_EQ(unwatched_.promises_broken, 0);
}

TEST_F(TrackAims, WhatIsShownLiveIsInsideItsCircle) { EXPECT_LT(watched_.outside_while_live, 0.01); }

TEST(TrackTraces, TheSameSeedGivesTheSameTrace) {
  const auto first = car_trace(7);
  const auto again = car_trace(7);
  ASSERT_EQ(first.samples.size(), again.samples.size());
  EXPECT_EQ(first.samples.back().fix, again.samples.back().fix);
  EXPECT_NE(car_trace(8).samples.size(), first.samples.size());
}

}  // namespace
}  // namespace levee::test
