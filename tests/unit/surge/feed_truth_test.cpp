#include "surge/feed_truth.hpp"

#include <gtest/gtest.h>

#include "support/start.hpp"

namespace levee::surge {
namespace {

using namespace std::chrono_literals;

using test::kStart;

class FeedTruthTest : public testing::Test {
 protected:
  /// Says the next value of key 0; the server has it `later`.
  std::uint64_t say(TimePoint at, Duration later = 10ms) {
    const auto number = truth_.say(0, ++request_, at, at);
    truth_.taken(request_, at + later);
    return number;
  }

  FeedTruth truth_{2, 3s, 4s};
  std::uint64_t request_ = 0;
};

TEST_F(FeedTruthTest, LetsAValueLiveAsLongAsItsLimitFromWhenTheServerHadIt) {
  const auto number = say(kStart, 500ms);
  EXPECT_TRUE(truth_.may_be_live(0, number, kStart + 3500ms));
  EXPECT_FALSE(truth_.may_be_live(0, number, kStart + 3510ms));
  truth_.confirm_all(++request_);
  truth_.taken(request_, kStart + 4s);
  EXPECT_TRUE(truth_.may_be_live(0, number, kStart + 7s)) << "vouched for since";
}

TEST_F(FeedTruthTest, HoldsNothingAgainstAnyoneThatIsUnderWay) {
  const auto number = say(kStart);
  truth_.confirm(0, ++request_);
  EXPECT_TRUE(truth_.may_be_live(0, number, kStart + 10s));
  truth_.lost(kStart + 10s);
  EXPECT_TRUE(truth_.may_be_live(0, number, kStart + 13s)) << "it may have come just before";
  EXPECT_FALSE(truth_.may_be_live(0, number, kStart + 14s));
}

TEST_F(FeedTruthTest, EndsAValueABoundAfterANewerOneWasTaken) {
  const auto old = say(kStart);
  for (int i = 1; i < 20; ++i) say(kStart + i * 500ms);
  EXPECT_TRUE(truth_.may_be_live(0, old, kStart + 510ms + 4s));
  EXPECT_FALSE(truth_.may_be_live(0, old, kStart + 510ms + 4010ms));
  EXPECT_TRUE(truth_.superseded_for(0, old, 3s, kStart + 4s));
  EXPECT_FALSE(truth_.superseded_for(0, old, 3s, kStart + 3s));
}

TEST_F(FeedTruthTest, KnowsWhatWasNeverSaid) {
  const auto number = say(kStart);
  EXPECT_FALSE(truth_.may_be_live(0, number + 1, kStart));
  EXPECT_FALSE(truth_.may_be_live(1, number, kStart)) << "of another key";
  EXPECT_EQ(truth_.said(1, number), nullptr);
}

}  // namespace
}  // namespace levee::surge
