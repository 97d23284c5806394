#include "surge/limit.hpp"

#include <atomic>
#include <chrono>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace levee::surge {
namespace {

int tries(Bracket& bracket, std::uint32_t truth) {
  int count = 0;
  for (; bracket.next(); ++count) bracket.tried(*bracket.next() <= truth);
  return count;
}

TEST(Bracket, FindsTheLargestNumberThatHolds) {
  for (const std::uint32_t truth : {100u, 101u, 777u, 5000u, 63'999u}) {
    Bracket bracket{100, 64'000, 0.05};
    EXPECT_LE(tries(bracket, truth), 16);
    ASSERT_TRUE(bracket.held());
    EXPECT_LE(*bracket.held(), truth);
    EXPECT_GT(*bracket.broke(), truth);
    EXPECT_LE(*bracket.broke() - *bracket.held(), 1 + *bracket.held() / 20);
  }
}

TEST(Bracket, EndsAtTheMostWhenNothingBreaks) {
  Bracket bracket{100, 1000, 0.05};
  EXPECT_EQ(tries(bracket, 5000), 5);
  EXPECT_EQ(bracket.held(), 1000u);
  EXPECT_FALSE(bracket.broke());
}

TEST(Bracket, FindsNothingWhenTheLeastBreaks) {
  Bracket bracket{100, 1000, 0.05};
  EXPECT_EQ(tries(bracket, 50), 1);
  EXPECT_FALSE(bracket.held());
}

TEST(FindLimit, SearchesTheAudienceFirstAndThenTheSurge) {
  Scenario scenario;
  scenario.incumbents.count = 40;
  scenario.limit.least = 10;
  scenario.limit.most = 1000;
  scenario.limit.settle = {};
  const std::atomic<bool> stop{false};
  const auto play = [](const Scenario& one) {
    RunReport report;
    const bool held = one.incumbents.count + one.newcomers.count <= 300;
    report.thresholds.push_back({"incumbents.stalls == 0", "", "", held});
    return report;
  };
  const auto report = find_limit(scenario, play, stop);
  ASSERT_TRUE(report.limit);
  EXPECT_NEAR(report.limit->steady.value_or(0), 300, 15);
  EXPECT_NEAR(report.limit->surge.value_or(0), 260, 13);
  EXPECT_FALSE(report.limit->steady_gave_way.empty());
  EXPECT_TRUE(report.thresholds.front().held);  // the report is of one that held
}

TEST(FindLimit, LetsASteadyAudienceComeSlowlyEnoughToBeNoSurge) {
  Scenario scenario;
  scenario.incumbents.within = std::chrono::seconds{10};
  scenario.limit.least = 500;
  scenario.limit.most = 4000;
  scenario.limit.settle = {};
  scenario.limit.arrivals_per_second = 200;
  scenario.limit.surge = false;
  const std::atomic<bool> stop{false};
  std::vector<Duration> within;
  const auto play = [&within](const Scenario& one) {
    within.push_back(one.incumbents.within);
    const RunReport report;
    return report;
  };
  find_limit(scenario, play, stop);
  EXPECT_THAT(within, testing::ElementsAre(std::chrono::seconds{10}, std::chrono::seconds{10},
                                           std::chrono::seconds{10}, std::chrono::seconds{20}));
}

TEST(FindLimit, TriesOnceMoreWhereTheGeneratorWasShort) {
  Scenario scenario;
  scenario.limit.least = 10;
  scenario.limit.most = 40;
  scenario.limit.settle = {};
  scenario.limit.surge = false;
  const std::atomic<bool> stop{false};
  std::vector<std::uint32_t> tried;
  const auto play = [&tried](const Scenario& one) {
    RunReport report;
    // A hiccup at the first try of each number.
    if (tried.empty() || tried.back() != one.incumbents.count) report.generator.descriptor_failures = 1;
    tried.push_back(one.incumbents.count);
    return report;
  };
  EXPECT_EQ(find_limit(scenario, play, stop).limit->steady, 40u);
  EXPECT_THAT(tried, testing::ElementsAre(10, 10, 20, 20, 40, 40));
}

TEST(FindLimit, EndsWhereTheGeneratorIsShort) {
  Scenario scenario;
  scenario.limit.least = 10;
  scenario.limit.most = 1000;
  scenario.limit.settle = {};
  scenario.limit.surge = false;
  const std::atomic<bool> stop{false};
  const auto play = [](const Scenario& one) {
    RunReport report;
    if (one.incumbents.count > 100) report.generator.descriptor_failures = 1;
    return report;
  };
  const auto report = find_limit(scenario, play, stop);
  EXPECT_EQ(report.limit->steady, 80u);
  EXPECT_EQ(report.limit->steady_gave_way, "generator");
}

TEST(WhatGaveWay, IsTheProcessorWhenItWasBusy) {
  RunReport report;
  report.series.max(series::kServerCpu).set(std::chrono::seconds{3}, 0.98);
  EXPECT_EQ(what_gave_way(report), "CPU");
}

}  // namespace
}  // namespace levee::surge
