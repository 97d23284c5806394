#include <cstdlib>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "feed_world.hpp"

namespace levee::simulation {
namespace {

std::uint64_t number_of(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// A rule that is taken away must be missed within as many seeds.
constexpr std::uint64_t kMutantSeeds = 200;

std::uint64_t first_seed_that_notices(FeedMutant mutant) {
  for (std::uint64_t seed = 1; seed <= kMutantSeeds; ++seed) {
    if (!FeedWorld{seed, mutant}.run().empty()) return seed;
  }
  return 0;
}

TEST(FeedSimulation, NothingOldIsEverShownAsLiveAndAllIsLiveAgainAfterTheTrouble) {
  const auto only = number_of("LEVEE_SEED", 0);
  const auto last = only != 0 ? only : number_of("LEVEE_SEEDS", 100);
  for (auto seed = only != 0 ? only : 1; seed <= last; ++seed) {
    const auto broken = FeedWorld{seed, FeedMutant::none}.run();
    EXPECT_THAT(broken, testing::IsEmpty()) << "replay with LEVEE_SEED=" << seed;
    if (HasFailure()) return;
  }
}

TEST(FeedSimulation, GivesTheSameForTheSameSeed) {
  EXPECT_EQ((FeedWorld{7, FeedMutant::live_without_sync}.run()),
            (FeedWorld{7, FeedMutant::live_without_sync}.run()));
}

TEST(FeedSimulation, NoticesAClientThatTakesLateFramesForSignsOfLife) {
  EXPECT_NE(first_seed_that_notices(FeedMutant::any_frame_is_fresh), 0u);
}

TEST(FeedSimulation, NoticesAClientThatIsLiveBeforeItsSync) {
  EXPECT_NE(first_seed_that_notices(FeedMutant::live_without_sync), 0u);
}

TEST(FeedSimulation, NoticesAClientThatIgnoresOffsets) {
  EXPECT_NE(first_seed_that_notices(FeedMutant::no_gap_check), 0u);
}

TEST(FeedSimulation, NoticesAClientThatTrustsItsSocket) {
  EXPECT_NE(first_seed_that_notices(FeedMutant::no_heartbeat_timeout), 0u);
}

TEST(FeedSimulation, NoticesAClientWithoutWatermarks) {
  EXPECT_NE(first_seed_that_notices(FeedMutant::no_watermark), 0u);
}

TEST(FeedSimulation, NoticesAClientThatKnowsNoAge) {
  EXPECT_NE(first_seed_that_notices(FeedMutant::no_age), 0u);
}

TEST(FeedSimulation, NoticesAClientThatForgetsWhatASnapshotLacks) {
  EXPECT_NE(first_seed_that_notices(FeedMutant::forgets), 0u);
}

TEST(FeedSimulation, NoticesASourceThatSaysTooSoonThatItHasSaidAll) {
  EXPECT_NE(first_seed_that_notices(FeedMutant::source_has_no_gate), 0u);
}

}  // namespace
}  // namespace levee::simulation
