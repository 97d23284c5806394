#include "surge/text_summary.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/golden.hpp"
#include "support/surge_report.hpp"
#include "surge/progress_line.hpp"
#include "surge/threshold.hpp"

namespace levee::surge {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

RunReport judged() {
  auto report = test::sample_report();
  judge(report, {"incumbents.stalled_fraction == 0", "incumbents.part_fetch.p99 < 1.5x before or 15ms",
                 "newcomers.refusal.p99 < 250ms"});
  return report;
}

TEST(Summary, IsWhatAPersonReadsInTenSeconds) {
  const auto text = text_summary(judged(), false);
  EXPECT_EQ(text, test::golden("surge/summary.txt", text));
}

TEST(Summary, IsAsLoudAboutTheGeneratorsLimits) {
  auto report = judged();
  report.generator.descriptor_failures = 12;
  const auto text = text_summary(report, false);
  EXPECT_THAT(text, HasSubstr("NO VERDICT"));
  EXPECT_THAT(text, HasSubstr("!! The generator itself was the bottleneck"));
  EXPECT_THAT(text, HasSubstr("ran out of file descriptors"));
  EXPECT_THAT(text, HasSubstr("Not to be trusted"));
}

TEST(Summary, SaysThatTheGeneratorNeverSlept) {
  auto report = judged();
  report.generator.busy_poll = true;
  EXPECT_THAT(text_summary(report, false), HasSubstr("1 agent that never slept, processor 45 % busy"));
}

TEST(Summary, SaysWhyTheTargetWasUnreachableAndNothingElse) {
  auto report = judged();
  report.target_error = "http://127.0.0.1:1/a: connection refused";
  const auto text = text_summary(report, false);
  EXPECT_THAT(text, HasSubstr("UNREACHABLE"));
  EXPECT_THAT(text, HasSubstr("connection refused"));
  EXPECT_THAT(text, Not(HasSubstr("BROKEN")));
}

TEST(Summary, HasColoursOnATerminalAlone) {
  EXPECT_THAT(text_summary(judged(), true), HasSubstr("\033[31m"));
  EXPECT_THAT(text_summary(judged(), false), Not(HasSubstr("\033")));
}

TEST(ProgressLine, SaysHowTheRunStands) {
  Progress progress;
  progress.at = 23s;
  progress.length = 65s;
  progress.phase = "surge";
  progress.incumbents = 800;
  progress.newcomers = 812;
  progress.newcomers_waiting = 7388;
  progress.refused = 12'031;
  progress.bits_per_second = 6.4e9;
  progress.media_p99 = 61ms;
  EXPECT_EQ(
      progress_text(progress, 400),
      "surge      0:23/1:05  incumbents 800  newcomers 812, 7,388 waiting  6.40 Gb/s  media p99 61.0 ms  "
      "refused 12,031  errors 0");
  EXPECT_EQ(progress_text(progress, 30).size(), 30u);
}

TEST(ProgressLine, SaysFirstThatTheGeneratorIsLate) {
  Progress progress;
  progress.lag = 35ms;
  progress.incumbents_stalled = 3;
  EXPECT_THAT(progress_text(progress, 60), HasSubstr("GENERATOR LATE 35.0 ms"));
  EXPECT_THAT(progress_text(progress, 400), HasSubstr("(3 stalled)"));
}

}  // namespace
}  // namespace levee::surge
