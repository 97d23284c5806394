#include "levee/admission/waiting_line.hpp"

#include <gtest/gtest.h>

#include "support/start.hpp"

namespace levee::admission {
namespace {

using namespace std::chrono_literals;

using test::kStart;

TEST(WaitingLine, PutsEachBehindThoseWhoCameBefore) {
  WaitingLine line;
  EXPECT_TRUE(line.empty());
  EXPECT_EQ(line.ahead(line.join(kStart)), 0);
  EXPECT_EQ(line.ahead(line.join(kStart)), 1);
  EXPECT_FALSE(line.empty());
}

TEST(WaitingLine, BringsTurnsNearerAsItAdvances) {
  WaitingLine line;
  double last = 0;
  for (int i = 0; i < 7; ++i) last = line.join(kStart);
  line.advance(4);
  EXPECT_EQ(line.ahead(last), 2);
  line.advance(10);
  EXPECT_EQ(line.ahead(last), 0);
  EXPECT_TRUE(line.empty());
}

TEST(WaitingLine, KnowsAPlaceByTheTimeSinceWhichItsHolderWaits) {
  WaitingLine line;
  double place = 0;
  for (int i = 0; i < 1000; ++i) place = line.join(kStart + i * 10ms);
  EXPECT_NEAR(line.place(kStart + 5s), 500, 6);
  EXPECT_NEAR(line.place(kStart + 9990ms), place, 6);
  EXPECT_EQ(line.place(kStart - 1s), 0) << "from another node, from before this line began: first";
}

TEST(WaitingLine, KeepsTheOrderOfAMillionInAFewKilobytes) {
  WaitingLine line;
  for (int i = 0; i < 1'000'000; ++i) line.join(kStart + i * 1ms);  // 17 minutes
  double last = -1;
  for (int second = 0; second < 1000; ++second) {
    const double place = line.place(kStart + second * 1s);
    EXPECT_GT(place, last);
    EXPECT_NEAR(place, second * 1000, 16'000) << second;
    last = place;
  }
  EXPECT_LT(sizeof(line), 8192u);
}

TEST(WaitingLine, KnowsThePlacesOfACrowdAlsoWhenFewComeForLongAfterIt) {
  WaitingLine line;
  for (int i = 0; i < 20'000; ++i) line.join(kStart + i * 50us);       // within a second
  for (int i = 0; i < 60'000; ++i) line.join(kStart + 1s + i * 10ms);  // within ten minutes
  for (int i = 0; i < 100; ++i) EXPECT_NEAR(line.place(kStart + i * 10ms), i * 200, 800) << i;
}

TEST(WaitingLine, BeginsAnewWhenNobodyWaits) {
  WaitingLine line;
  for (int i = 0; i < 10; ++i) line.join(kStart);
  line.advance(50);
  EXPECT_EQ(line.length(), 0);
  EXPECT_EQ(line.ahead(line.join(kStart + 1h)), 0);
  EXPECT_EQ(line.length(), 1);
}

}  // namespace
}  // namespace levee::admission
