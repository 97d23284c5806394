#include "surge/threshold.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/surge_report.hpp"

namespace levee::surge {
namespace {

using testing::AllOf;
using testing::HasSubstr;

ThresholdOutcome outcome(const std::string& text, const RunReport& report = test::sample_report()) {
  std::string fault;
  const auto threshold = Threshold::parse(text, fault);
  EXPECT_TRUE(threshold) << fault;
  return threshold ? threshold->judge(report) : ThresholdOutcome{};
}

std::string fault_of(const std::string& text) {
  std::string fault;
  EXPECT_FALSE(Threshold::parse(text, fault)) << text;
  return fault;
}

TEST(Threshold, ComparesCountsSharesAndTimes) {
  EXPECT_FALSE(outcome("incumbents.stalled_fraction == 0").held);
  EXPECT_TRUE(outcome("incumbents.stalled_fraction == 100%").held);
  EXPECT_TRUE(outcome("incumbents.errors <= 40").held);
  EXPECT_FALSE(outcome("incumbents.errors < 40").held);
  EXPECT_TRUE(outcome("newcomers.startup.p99 > 10s").held);
  EXPECT_TRUE(outcome("newcomers.planned != 0").held);
  EXPECT_TRUE(outcome("incumbents.stall_seconds >= 6280s").held);
  EXPECT_TRUE(outcome("generator.cpu_mean < 50%").held);
}

TEST(Threshold, SaysWhatWasMeasuredAndWhatWasAllowed) {
  const auto one = outcome("newcomers.startup.p99 < 3s");
  EXPECT_EQ(one.text, "newcomers.startup.p99 < 3s");
  EXPECT_EQ(one.value, "11.0 s");
  EXPECT_EQ(one.bound, "< 3.00 s");
  EXPECT_FALSE(one.held);
}

TEST(Threshold, ComparesWithTheSameMetricInAnotherPhase) {
  const auto surge = outcome("incumbents.part_fetch.p99 < 1.5x before");
  EXPECT_FALSE(surge.held);
  EXPECT_EQ(surge.bound, "< 1.5x before = 88.5 ms");
  EXPECT_TRUE(outcome("incumbents.after.part_fetch.p99 < 1.5x before").held);
}

TEST(Threshold, HoldsWhenOneOfItsBoundsDoes) {
  const auto one = outcome("incumbents.part_fetch.p99 < 1.5x before or 3s");
  EXPECT_TRUE(one.held);
  EXPECT_EQ(one.bound, "< 1.5x before = 88.5 ms or < 3.00 s");
  EXPECT_FALSE(outcome("incumbents.part_fetch.p99 < 10ms or 20ms").held);
}

TEST(Threshold, CountsFromT0OnUnlessAPhaseIsNamed) {
  EXPECT_EQ(outcome("incumbents.part_fetch.count > 0").value, "38,000");
  EXPECT_EQ(outcome("incumbents.surge.part_fetch.count > 0").value, "30,000");
  EXPECT_EQ(outcome("incumbents.before.part_fetch.count > 0").value, "19,200");
}

TEST(Threshold, MeasuresThroughputOverThePhase) {
  EXPECT_EQ(outcome("incumbents.before.throughput > 7Gb/s").value, "8.00 Gb/s");
}

TEST(Threshold, DoesNotHoldWhenNothingWasMeasured) {
  const auto segments = outcome("incumbents.segment_fetch.p99 < 1s");
  EXPECT_FALSE(segments.held);
  EXPECT_EQ(segments.value, "nothing was measured");
  EXPECT_FALSE(outcome("weak.stalled_fraction == 0").held) << "there are no such viewers";
  EXPECT_FALSE(outcome("incumbents.lateness.p99 < 1.5x before").held);
}

TEST(Threshold, TellsWhoWasNotInBeforeTheSurge) {
  auto report = test::sample_report();
  auto& surge = report.cohort(Cohort::incumbents)[Phase::surge];
  surge.expected = 800;
  surge.steady = 800;
  EXPECT_TRUE(outcome("incumbents.steady_fraction == 1", report).held);
  surge.steady = 799;
  EXPECT_FALSE(outcome("incumbents.steady_fraction == 1", report).held);
}

TEST(Threshold, HoldsWhenTheBadThingThatItBoundsNeverHappened) {
  auto report = test::sample_report();
  for (auto& phase : report.cohort(Cohort::newcomers).phases) phase = CohortStats{};
  EXPECT_TRUE(outcome("newcomers.refusal.p99 < 250ms", report).held);
  EXPECT_TRUE(outcome("newcomers.told_fraction == 1", report).held);
  EXPECT_FALSE(outcome("newcomers.startup.p99 < 3s", report).held);
}

TEST(Threshold, SaysWhatIsWrongWithIt) {
  EXPECT_THAT(fault_of("incumbents.errors"), HasSubstr("METRIC OP BOUND"));
  EXPECT_THAT(fault_of("incumbents.errors =< 3"), HasSubstr("'=<' is none of == != < <= > >="));
  EXPECT_THAT(fault_of("viewers.errors == 0"),
              AllOf(HasSubstr("'viewers'"), HasSubstr("incumbents, newcomers")));
  EXPECT_THAT(fault_of("incumbents.eror == 0"),
              AllOf(HasSubstr("'eror'"), HasSubstr("stalled_fraction, viewers_stalled")));
  EXPECT_THAT(fault_of("newcomers.startup < 3s"), HasSubstr("one of p50, p90"));
  EXPECT_THAT(fault_of("newcomers.startup.p98 < 3s"), HasSubstr("one of p50, p90"));
  EXPECT_THAT(fault_of("newcomers.errors.p99 == 0"), HasSubstr("one number"));
  EXPECT_THAT(fault_of("newcomers.startup.p99 < 3"), HasSubstr("such as 250ms or 3s"));
  EXPECT_THAT(fault_of("newcomers.startup.p99 < 1.5x yesterday"), HasSubstr("'1.5x before'"));
  EXPECT_THAT(fault_of("generator.lag.p99 < 1.5x before"), HasSubstr("has phases"));
  EXPECT_THAT(fault_of(""), HasSubstr("METRIC OP BOUND"));
  EXPECT_THAT(fault_of("incumbents.errors =="), HasSubstr("METRIC OP BOUND"));
  EXPECT_THAT(fault_of("incumbents.errors == 0 or "), HasSubstr("is no bound"));
}

TEST(Thresholds, AreJudgedInTheirOrder) {
  auto report = test::sample_report();
  judge(report, {"incumbents.errors == 0", "newcomers.refusals > 0"});
  ASSERT_EQ(report.thresholds.size(), 2u);
  EXPECT_FALSE(report.thresholds[0].held);
  EXPECT_TRUE(report.thresholds[1].held);
  EXPECT_THROW(judge(report, {"nonsense"}), std::invalid_argument);
}

TEST(Metrics, AreAllListedWithTheirMeaning) {
  const auto catalogue = metric_catalogue();
  for (const auto* group : {"incumbents", "generator", "chat", "publisher"}) {
    for (const auto& entry : metrics_of(group)) {
      EXPECT_THAT(catalogue, AllOf(HasSubstr(entry.name), HasSubstr(entry.meaning)));
      std::string fault;
      EXPECT_TRUE(
          Metric::parse(std::string{group} + "." + entry.name + (entry.has_stats ? ".p99" : ""), fault))
          << fault;
    }
  }
}

TEST(Threshold, MayBeAboutFeedsAndTracks) {
  auto report = test::sample_report();
  report.feed.stale_as_live = 1;
  report.track.delivery.record(std::chrono::milliseconds{20});
  EXPECT_FALSE(outcome("feed.stale_as_live == 0", report).held);
  EXPECT_TRUE(outcome("track.past_as_present == 0", report).held);
  EXPECT_TRUE(outcome("track.delivery.p99 < 500ms", report).held);
}

}  // namespace
}  // namespace levee::surge
