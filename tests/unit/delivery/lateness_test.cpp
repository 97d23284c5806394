#include "levee/delivery/lateness.hpp"

#include <gtest/gtest.h>

namespace levee::delivery {
namespace {

using namespace std::chrono_literals;

TEST(LatenessHistogram, TellsQuantilesWithinAQuarter) {
  LatenessHistogram histogram;
  for (int i = 1; i <= 1000; ++i) histogram.record(i * 1ms);
  EXPECT_EQ(histogram.count(), 1000u);
  for (const int percent : {10, 50, 90, 99}) {
    const auto truth = percent * 10ms;
    EXPECT_GE(histogram.quantile(percent / 100.0), truth) << percent;
    EXPECT_LE(histogram.quantile(percent / 100.0), truth * 5 / 4) << percent;
  }
  EXPECT_EQ(histogram.quantile(1), 1000ms);
  EXPECT_EQ(histogram.max(), 1000ms);
}

TEST(LatenessHistogram, PutsEveryDurationIntoABucketThatEndsAfterIt) {
  for (Duration duration = 10us; duration < 50s; duration = duration * 11 / 10) {
    LatenessHistogram histogram;
    histogram.record(duration);
    histogram.record(60s);
    EXPECT_GT(histogram.quantile(0.5), duration);
    EXPECT_LE(histogram.quantile(0.5), duration * 5 / 4 + 63us);
  }
}

TEST(LatenessHistogram, HasNothingToSayOfNothing) {
  const LatenessHistogram histogram;
  EXPECT_EQ(histogram.quantile(0.99), Duration::zero());
  EXPECT_EQ(histogram.max(), Duration::zero());
}

TEST(LatenessHistogram, TakesWhatIsTooLongOrNegativeIntoItsEndBuckets) {
  LatenessHistogram histogram;
  histogram.record(-1s);
  histogram.record(24h);
  EXPECT_LE(histogram.quantile(0.5), 63us);
  EXPECT_EQ(histogram.max(), Duration{24h});
}

TEST(LatenessHistogram, SumsShards) {
  LatenessHistogram a;
  LatenessHistogram b;
  for (int i = 0; i < 99; ++i) a.record(1ms);
  b.record(500ms);
  a.add(b);
  EXPECT_EQ(a.count(), 100u);
  EXPECT_LE(a.quantile(0.99), 1250us);
  EXPECT_EQ(a.quantile(1), 500ms);
}

}  // namespace
}  // namespace levee::delivery
