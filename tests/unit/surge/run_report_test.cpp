#include "surge/run_report.hpp"

#include <gtest/gtest.h>

#include "support/surge_report.hpp"

namespace levee::surge {
namespace {

using namespace std::chrono_literals;
TEST(RunReport, ReturnsFromJsonAsItWas) {
  auto report = test::sample_report();
  report.thresholds = {{"incumbents.errors == 0", "40", "== 0", false}};
  report.limit =
      LimitReport{800, std::nullopt, "the processor", "", {{true, 800, 3000, false, {"a == 0"}, "egress"}}};
  report.chat.planned = 5;
  report.chat.delivery.record(3ms);
  report.feed.stale_as_live = 2;
  report.feed.back.record(2s);
  report.track.past_as_present = 1;
  report.generator.busy_poll = true;
  report.publisher.blinks = 2;
  EXPECT_EQ(report_from_json(to_json_text(report)), report);
}

TEST(RunReport, OfTwoAgentsMergesToThatOfOne) {
  auto merged = test::sample_report(2);
  merge(merged, test::sample_report(2));
  auto whole = test::sample_report();
  EXPECT_EQ(merged.cohorts, whole.cohorts);
  EXPECT_EQ(merged.series.values(), whole.series.values());
  EXPECT_EQ(merged.generator.agents, 2u);
  EXPECT_EQ(merged.generator.lag, whole.generator.lag);
  EXPECT_EQ(merged.marks, whole.marks) << "the same mark of each agent stands once";
}

TEST(RunReport, AddsUpWhatRealtimeClientsLivedThrough) {
  auto report = test::sample_report();
  auto other = report;
  report.chat.planned = other.chat.planned = 3;
  other.feed.stale_as_live = 1;
  other.track.next.record(5s);
  merge(report, other);
  EXPECT_EQ(report.chat.planned, 6u);
  EXPECT_EQ(report.feed.stale_as_live, 1u);
  EXPECT_EQ(report.track.next.count(), 1u);
}

TEST(RunReport, MergesInAnyOrder) {
  auto a = test::sample_report(), b = test::sample_report(2), c = test::sample_report(4);
  b.started_ms -= 5;
  c.marks.push_back({25s, "the publisher drops"});
  auto left = a;
  merge(left, b);
  merge(left, c);
  auto inner = b;
  merge(inner, c);
  auto right = a;
  merge(right, inner);
  EXPECT_EQ(left, right);
}

TEST(RunReport, RefusesToMergeWhatIsOfAnotherRun) {
  auto report = test::sample_report();
  auto other = test::sample_report();
  other.seed = 8;
  EXPECT_THROW(merge(report, other), std::runtime_error);
}

TEST(RunReport, RefusesJsonOfAnotherSchemaOrNone) {
  EXPECT_THROW(report_from_json(R"({"schema": 99})"), std::runtime_error);
  EXPECT_ANY_THROW(report_from_json("{}"));
  EXPECT_ANY_THROW(report_from_json("not JSON"));
}

TEST(Verdict, HoldsWhenEveryThresholdDoes) {
  auto report = test::sample_report();
  EXPECT_EQ(verdict_of(report), Verdict::held);
  report.thresholds = {{"a", "", "", true}, {"b", "", "", false}};
  EXPECT_EQ(verdict_of(report), Verdict::broken);
}

TEST(Verdict, IsNoneWhenTheGeneratorWasTheBottleneckWhateverTheThresholdsSay) {
  auto report = test::sample_report();
  report.thresholds = {{"a", "", "", true}};
  report.generator.descriptor_failures = 1;
  EXPECT_EQ(verdict_of(report), Verdict::generator_limited);
}

TEST(Verdict, IsUnreachableBeforeAllElse) {
  auto report = test::sample_report();
  report.target_error = "connection refused";
  EXPECT_EQ(verdict_of(report), Verdict::target_unreachable);
  EXPECT_EQ(static_cast<int>(Verdict::target_unreachable), 3);
}

}  // namespace
}  // namespace levee::surge
