#include "surge/histogram.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace levee::surge {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;

/// Times as a run has them: most short, some a thousand times as long.
std::vector<microseconds> skewed_times(std::uint64_t seed, std::size_t count) {
  std::mt19937_64 random{seed};
  std::lognormal_distribution<double> times{8.0, 2.5};
  std::vector<microseconds> all;
  for (std::size_t i = 0; i < count; ++i)
    all.emplace_back(std::min<std::int64_t>(600'000'000, std::llround(times(random))));
  return all;
}

Histogram histogram_of(const std::vector<microseconds>& times) {
  Histogram histogram;
  for (const auto time : times) histogram.record(time);
  return histogram;
}

TEST(Histogram, GivesPercentilesWithinOnePercentOfTheTruth) {
  auto times = skewed_times(1, 20'000);
  const auto histogram = histogram_of(times);
  std::sort(times.begin(), times.end());
  for (const double q : {0.001, 0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999}) {
    const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(times.size()))) - 1;
    const auto truth = std::chrono::duration<double>(times[rank]).count();
    const auto told = std::chrono::duration<double>(histogram.quantile(q)).count();
    EXPECT_NEAR(told, truth, truth * 0.01 + 1e-9) << q;
  }
}

TEST(Histogram, KeepsLeastGreatestMeanAndSumExactly) {
  Histogram histogram;
  for (const auto time : {3us, 1'000'003us, 17us}) histogram.record(time);
  EXPECT_EQ(histogram.count(), 3u);
  EXPECT_EQ(histogram.min(), 3us);
  EXPECT_EQ(histogram.max(), 1'000'003us);
  EXPECT_EQ(histogram.sum(), 1'000'023us);
  EXPECT_EQ(histogram.mean(), 333'341us);
  EXPECT_EQ(histogram.quantile(1.0), 1'000'003us);
}

TEST(Histogram, IsZeroWhenItIsEmpty) {
  const Histogram histogram;
  EXPECT_EQ(histogram.quantile(0.99), 0us);
  EXPECT_EQ(histogram.mean(), 0us);
  EXPECT_EQ(histogram.max(), 0us);
}

TEST(Histogram, TakesTimesOutsideItsRangeAsItsEnds) {
  Histogram histogram;
  histogram.record(-5s);
  histogram.record(1h);
  EXPECT_EQ(histogram.min(), 0us);
  EXPECT_EQ(histogram.max(), 10min);
}

TEST(Histogram, MergesExactlyAndInAnyOrder) {
  const auto a = skewed_times(1, 500), b = skewed_times(2, 700), c = skewed_times(3, 900);
  auto left = histogram_of(a);
  left.merge(histogram_of(b));
  left.merge(histogram_of(c));
  auto right = histogram_of(c);
  right.merge(histogram_of(b));
  right.merge(histogram_of(a));
  auto all = a;
  all.insert(all.end(), b.begin(), b.end());
  all.insert(all.end(), c.begin(), c.end());
  EXPECT_EQ(left, right);
  EXPECT_EQ(left, histogram_of(all));
  left.merge(Histogram{});
  EXPECT_EQ(left, right);
}

TEST(Histogram, ReturnsFromJsonAsItWas) {
  const auto histogram = histogram_of(skewed_times(4, 300));
  EXPECT_EQ(Histogram::from_json(nlohmann::json::parse(histogram.to_json().dump())), histogram);
  EXPECT_EQ(Histogram::from_json(Histogram{}.to_json()), Histogram{});
}

TEST(Histogram, RefusesJsonThatContradictsItself) {
  auto json = histogram_of({5us, 6us}).to_json();
  json["count"] = 3;
  EXPECT_THROW(Histogram::from_json(json), std::runtime_error);
  json["buckets"] = {{1'000'000, 3}};
  EXPECT_THROW(Histogram::from_json(json), std::runtime_error);
}

TEST(CoarseHistogram, GivesPercentilesWithinFourPercent) {
  CoarseHistogram histogram;
  for (int i = 1; i <= 10'000; ++i) histogram.record(microseconds{i * 37});
  EXPECT_NEAR(static_cast<double>(histogram.quantile(0.99) / 1us), 9'900 * 37.0, 9'900 * 37.0 * 0.032);
}

}  // namespace
}  // namespace levee::surge
