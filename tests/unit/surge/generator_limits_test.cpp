#include "surge/generator_limits.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/surge_report.hpp"

namespace levee::surge {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A run of 60 s with t0 at 20 s and the end of the surge at 50 s, in which the generator had room.
RunReport calm() {
  auto report = test::sample_report();
  auto& cpu = report.series.max(series::kGeneratorCpu);
  auto& lag = report.series.times(series::kGeneratorLag);
  for (Duration at{}; at < 60s; at += 1s) {
    cpu.set(at, 0.4);
    for (int tick = 0; tick < 1000; ++tick) lag.record(at, 300us);
  }
  return report;
}

TEST(GeneratorLimits, AreNotHitWhenItHasRoom) {
  EXPECT_THAT(limits_hit(calm()), IsEmpty());
  EXPECT_THAT(not_to_be_trusted(calm()), IsEmpty());
}

TEST(GeneratorLimits, SayWhichWereHit) {
  auto report = calm();
  auto& generator = report.generator;
  generator.lag = {};
  generator.lag.record(45ms, 100);
  generator.cpu_mean = 0.99;
  generator.descriptors_peak = generator.descriptors_limit = 1024;
  generator.port_failures = 3;
  generator.memory_failures = 1;
  EXPECT_THAT(limits_hit(report),
              ElementsAre(HasSubstr("45 ms late"), HasSubstr("99 % busy"), HasSubstr("1024 of 1024"),
                          HasSubstr("local ports"), HasSubstr("no memory")));
  EXPECT_THAT(not_to_be_trusted(report), ElementsAre("every time from t0 on", HasSubstr("every count")));
}

TEST(GeneratorLimits, AreHitWhenItsProcessorIsFullForOneSecond) {
  auto report = calm();
  report.series.max(series::kGeneratorCpu).set(21s, 0.98);
  EXPECT_THAT(limits_hit(report),
              ElementsAre(AllOf(HasSubstr("98 % busy"), HasSubstr("in 1 second, worst 1 s after t0"))));
  EXPECT_EQ(verdict_of(report), Verdict::generator_limited);
  // One second of thirty.
  EXPECT_THAT(not_to_be_trusted(report), ElementsAre(HasSubstr("surge: every time above its p96")));
}

TEST(GeneratorLimits, AreNotHitByASecondBeforeTheSurge) {
  auto report = calm();
  report.series.max(series::kGeneratorCpu).set(19s, 1.0);
  EXPECT_THAT(limits_hit(report), IsEmpty());
}

TEST(GeneratorLimits, AreHitWhenItsTimersRunLateForOneSecond) {
  auto report = calm();
  for (int tick = 0; tick < 20; ++tick) report.series.times(series::kGeneratorLag).record(52s, 30ms);
  EXPECT_THAT(limits_hit(report), ElementsAre(HasSubstr("ms late at p99")));
  EXPECT_THAT(not_to_be_trusted(report), ElementsAre(HasSubstr("after: every time above its p90")));
}

TEST(GeneratorLimits, AreHitWhenACrowdIsBegunLateAndSayWhoseTimesThatSpoils) {
  auto report = calm();
  auto& late = report.series.times(series::kGeneratorLate);
  for (int viewer = 0; viewer < 8200; ++viewer) late.record(20s, viewer * 80us);
  auto& newcomers = report.cohort(Cohort::newcomers)[Phase::surge];
  newcomers.late.record(640ms, 8200);
  report.cohort(Cohort::incumbents)[Phase::surge].late.record(2ms, 30'000);
  EXPECT_THAT(limits_hit(report), ElementsAre(HasSubstr("with what was due")));
  EXPECT_THAT(not_to_be_trusted(report),
              ElementsAre(HasSubstr("surge: every time above its p96"),
                          AllOf(HasSubstr("newcomers.surge"), HasSubstr("64"), HasSubstr("refusal_answer"))));
}

TEST(GeneratorLimits, AreNotHitByOneOfFew) {
  auto report = calm();
  auto& late = report.series.times(series::kGeneratorLate);
  for (int request = 0; request < 90; ++request) late.record(20s, request == 0 ? 50ms : 1ms);
  EXPECT_THAT(limits_hit(report), IsEmpty());
}

TEST(GeneratorLimits, AreThoseOfTheBusiestAgent) {
  auto report = calm();
  auto other = calm();
  other.series.max(series::kGeneratorCpu).set(20s, 1.0);
  merge(report, other);
  EXPECT_THAT(limits_hit(report), ElementsAre(HasSubstr("100 % busy")));
}

}  // namespace
}  // namespace levee::surge
