#include <cstdlib>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "world.hpp"

namespace levee::simulation {
namespace {

std::uint64_t number_of(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// A rule that is taken away must be missed within as many seeds.
constexpr std::uint64_t kMutantSeeds = 60;

std::uint64_t first_seed_that_notices(Mutant mutant) {
  for (std::uint64_t seed = 1; seed <= kMutantSeeds; ++seed) {
    if (!World{seed, mutant}.run().empty()) return seed;
  }
  return 0;
}

TEST(LogSimulation, LosesNothingDoublesNothingAndKeepsTheOrder) {
  const auto only = number_of("LEVEE_SEED", 0);
  const auto last = only != 0 ? only : number_of("LEVEE_SEEDS", 150);
  for (auto seed = only != 0 ? only : 1; seed <= last; ++seed) {
    const auto broken = World{seed, Mutant::none}.run();
    EXPECT_THAT(broken, testing::IsEmpty()) << "replay with LEVEE_SEED=" << seed;
    if (HasFailure()) return;
  }
}

TEST(LogSimulation, GivesTheSameForTheSameSeed) {
  for (const auto mutant : {Mutant::none, Mutant::drop_when_slow})
    EXPECT_EQ((World{7, mutant}.run()), (World{7, mutant}.run()));
}

TEST(LogSimulation, NoticesAnEpochUsedAgainAfterALoss) {
  EXPECT_NE(first_seed_that_notices(Mutant::same_epoch_after_loss), 0u);
}

TEST(LogSimulation, NoticesMessagesWithoutAnIdOfTheirOwn) {
  EXPECT_NE(first_seed_that_notices(Mutant::no_publication_ids), 0u);
}

TEST(LogSimulation, NoticesThatNobodyAsksForTheLastMessage) {
  EXPECT_NE(first_seed_that_notices(Mutant::no_look_at_the_top), 0u);
}

TEST(LogSimulation, NoticesFramesDroppedForSlowConnections) {
  EXPECT_NE(first_seed_that_notices(Mutant::drop_when_slow), 0u);
}

TEST(LogSimulation, NoticesAClientThatTakesTheTopForItsPosition) {
  EXPECT_NE(first_seed_that_notices(Mutant::client_keeps_sync), 0u);
}

TEST(LogSimulation, NoticesAClientThatIgnoresThatItMissedSomething) {
  EXPECT_NE(first_seed_that_notices(Mutant::client_ignores_recovery), 0u);
}

}  // namespace
}  // namespace levee::simulation
