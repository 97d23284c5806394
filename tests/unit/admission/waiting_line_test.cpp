#include "levee/admission/waiting_line.hpp"

#include <gtest/gtest.h>

namespace levee::admission {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{1h};

TEST(WaitingLine, PutsTheFirstAsFarAheadAsAsked) {
  WaitingLine line;
  EXPECT_TRUE(line.empty());
  EXPECT_EQ(line.ahead(line.join(10, kStart)), 10);
  EXPECT_EQ(line.ahead(line.join(10, kStart)), 11);
  EXPECT_FALSE(line.empty());
}

TEST(WaitingLine, BringsTurnsNearerAsCreditsAreGiven) {
  WaitingLine line;
  line.join(5, kStart);
  const double second = line.join(5, kStart);
  line.advance(4);
  EXPECT_EQ(line.ahead(second), 2);
  line.advance(10);
  EXPECT_EQ(line.ahead(second), 0);
  EXPECT_TRUE(line.empty());
}

TEST(WaitingLine, LeavesCreditsBeforeItsFirstTurnToOthers) {
  WaitingLine line;
  line.join(5, kStart);
  EXPECT_FALSE(line.claimed());
  line.advance(5);
  EXPECT_TRUE(line.claimed());
}

TEST(WaitingLine, KnowsAPlaceByTheTimeSinceWhichItsHolderWaits) {
  WaitingLine line;
  double place = 0;
  for (int i = 0; i < 1000; ++i) place = line.join(0, kStart + i * 10ms);
  EXPECT_NEAR(line.place(kStart + 5s), 500, 6);
  EXPECT_NEAR(line.place(kStart + 9990ms), place, 6);
  EXPECT_EQ(line.place(kStart - 1s), 0) << "from another node, from before this line began: first";
}

TEST(WaitingLine, KeepsTheOrderOfAMillionInAFewKilobytes) {
  WaitingLine line;
  for (int i = 0; i < 1'000'000; ++i) line.join(0, kStart + i * 1ms);  // 17 minutes
  double last = -1;
  for (int second = 0; second < 1000; ++second) {
    const double place = line.place(kStart + second * 1s);
    EXPECT_GT(place, last);
    EXPECT_NEAR(place, second * 1000, 16'000) << second;
    last = place;
  }
  EXPECT_LT(sizeof(line), 8192u);
}

TEST(WaitingLine, BeginsAnewWhenNobodyWaits) {
  WaitingLine line;
  for (int i = 0; i < 10; ++i) line.join(0, kStart);
  line.advance(50);
  EXPECT_EQ(line.length(), 0);
  EXPECT_EQ(line.ahead(line.join(3, kStart + 1h)), 3);
  EXPECT_EQ(line.length(), 1);
}

}  // namespace
}  // namespace levee::admission
