#include "surge/playback.hpp"

#include <gtest/gtest.h>

#include "support/start.hpp"

namespace levee::surge {
namespace {

using namespace std::chrono_literals;

using test::kStart;

TEST(Playback, StartsWithTheMediaThatItNeeds) {
  Playback playback;
  playback.set_start_level(3s);
  playback.append(kStart, 2s);
  EXPECT_FALSE(playback.started());
  playback.append(kStart + 1s, 2s);
  EXPECT_EQ(playback.started_at(), kStart + 1s);
  EXPECT_EQ(playback.level(kStart + 1s), 4s);
}

TEST(Playback, PlaysInRealTime) {
  Playback playback;
  playback.append(kStart, 4s);
  EXPECT_EQ(playback.level(kStart + 3s), 1s);
  EXPECT_FALSE(playback.stalled(kStart + 4s));
  EXPECT_TRUE(playback.stalled(kStart + 5s));
}

TEST(Playback, StallsFromWhenItRanDryToTheNextMedia) {
  Playback playback;
  playback.append(kStart, 2s);
  const auto stall = playback.append(kStart + 17s, 2s);
  ASSERT_TRUE(stall);
  EXPECT_EQ(stall->began, kStart + 2s);
  EXPECT_EQ(stall->length, 15s);
  EXPECT_EQ(playback.level(kStart + 18s), 1s);
}

TEST(Playback, DoesNotStallWhenMediaComesInTime) {
  Playback playback;
  playback.append(kStart, 2s);
  for (int i = 1; i < 10; ++i) EXPECT_FALSE(playback.append(kStart + i * 2s - 1ms, 2s));
}

TEST(Playback, PassesOverAGapThatNobodySees) {
  Playback playback;
  playback.append(kStart, 2s);
  EXPECT_FALSE(playback.append(kStart + 2010ms, 2s));
  EXPECT_FALSE(playback.stalled(kStart + 4005ms));
}

TEST(Playback, GoesOnAfterAStallWhenItHasWhatAStartNeeds) {
  Playback playback;
  playback.set_start_level(3s);
  playback.append(kStart, 4s);
  EXPECT_FALSE(playback.append(kStart + 10s, 1s));
  EXPECT_FALSE(playback.append(kStart + 11s, 1s));
  const auto stall = playback.append(kStart + 12s, 1s);
  ASSERT_TRUE(stall);
  EXPECT_EQ(stall->length, 8s);
}

TEST(Playback, TellsTheStallThatAViewerLeavesIn) {
  Playback playback;
  playback.append(kStart, 2s);
  const auto stall = playback.leave(kStart + 5s);
  ASSERT_TRUE(stall);
  EXPECT_EQ(stall->length, 3s);
  EXPECT_FALSE(Playback{}.leave(kStart));
}

}  // namespace
}  // namespace levee::surge
