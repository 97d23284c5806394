#include "surge/program.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/surge_report.hpp"
#include "support/temporary_directory.hpp"

namespace levee::surge {
namespace {

using testing::HasSubstr;

constexpr auto kTarget = "http://127.0.0.1:8080/live/a/index.m3u8";

/// An engine whose viewers exist on paper only.
Engine paper_engine() {
  Engine engine;
  engine.play = [](const Scenario& scenario, const ProgressSink& progress, const std::atomic<bool>&) {
    auto report = test::sample_report();
    report.scenario = scenario.name;
    report.seed = scenario.seed;
    report.cohorts.clear();
    report.cohort(Cohort::newcomers)[Phase::surge].planned =
        share_of(scenario.newcomers.count, scenario.agents, scenario.agent_index);
    if (progress) progress({});
    return report;
  };
  engine.find_limit = [](const Scenario& scenario, const PlayJudged& play, const std::atomic<bool>&) {
    auto report = play(scenario);
    report.limit.emplace().surge = 77;
    return report;
  };
  return engine;
}

struct Outcome {
  int code = 0;
  std::string out;
};

Outcome run(std::vector<const char*> arguments, const Engine& engine = paper_engine()) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const int code = run_program(arguments, engine, "1.2.3");
  return {code, testing::internal::GetCapturedStdout() + testing::internal::GetCapturedStderr()};
}

std::string text_of(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream{path, std::ios::binary}.rdbuf();
  return text.str();
}

TEST(SurgeProgram, EndsWithZeroWhenEveryThresholdHeld) {
  const auto outcome = run({"--target", kTarget, "--no-thresholds", "--newcomers", "50", "--threshold",
                            "newcomers.planned == 50"});
  EXPECT_EQ(outcome.code, 0) << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr("HELD"));
}

TEST(SurgeProgram, EndsWithOneWhenAThresholdBroke) {
  const auto outcome = run({"--target", kTarget, "--no-thresholds", "--threshold", "newcomers.planned == 1"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("BROKEN  newcomers.planned == 1"));
}

TEST(SurgeProgram, EndsWithTwoForWhatItCantUnderstand) {
  EXPECT_EQ(run({"--nonsense"}).code, 2);
  EXPECT_EQ(run({"--target", "http://example.com/a.m3u8"}).code, 2);
  EXPECT_EQ(run({"--target", kTarget, "--threshold", "what"}).code, 2);
}

TEST(SurgeProgram, EndsWithThreeWhenTheTargetIsOutOfReachAndFourWhenTheGeneratorWasTheBottleneck) {
  auto engine = paper_engine();
  RunReport report = test::sample_report();
  engine.play = [&report](const Scenario&, const ProgressSink&, const std::atomic<bool>&) { return report; };
  report.target_error = "connection refused";
  EXPECT_EQ(run({"--target", kTarget, "--no-thresholds"}, engine).code, 3);
  report.target_error.clear();
  report.generator.memory_failures = 1;
  EXPECT_EQ(run({"--target", kTarget, "--no-thresholds"}, engine).code, 4);
}

TEST(SurgeProgram, WritesJsonAndPageAndReadsTheJsonAgain) {
  const test::TemporaryDirectory folder;
  const auto json = folder.file("a.json"), page = folder.file("a.html");
  const auto outcome =
      run({"ramp", "--target", kTarget, "--no-thresholds", "--json", json.c_str(), "--html", page.c_str()});
  EXPECT_EQ(outcome.code, 0) << outcome.out;
  const auto report = report_from_json(text_of(json));
  EXPECT_EQ(report.scenario, "ramp");
  EXPECT_EQ(report.environment.version, "1.2.3");
  EXPECT_THAT(report.command_line, HasSubstr("levee-surge ramp --target"));
  EXPECT_THAT(text_of(page), HasSubstr("<!doctype html>"));
}

TEST(SurgeProgram, MergesTheResultsOfSeveralHosts) {
  const test::TemporaryDirectory folder;
  const auto a = folder.file("a.json"), b = folder.file("b.json");
  const std::vector<std::pair<const char*, const char*>> hosts{{"1/2", a.c_str()}, {"2/2", b.c_str()}};
  for (const auto& [host, file] : hosts) {
    run({"--target", kTarget, "--newcomers", "101", "--no-thresholds", "--threshold",
         "newcomers.planned == 101", "--agent-of", host, "--json", file});
  }
  const auto merged = run({"merge", a.c_str(), b.c_str()});
  EXPECT_EQ(merged.code, 0) << merged.out;
  EXPECT_EQ(run({"merge", a.c_str()}).code, 1) << "half of them";
  EXPECT_EQ(run({"merge", a.c_str(), "/nowhere.json"}).code, 1);
}

TEST(SurgeProgram, PlaysWithSeveralProcessesAndMergesWhatTheyMeasured) {
  const auto outcome = run({"--target", kTarget, "--agents", "3", "--newcomers", "100", "--no-thresholds",
                            "--threshold", "newcomers.planned == 100"});
  EXPECT_EQ(outcome.code, 0) << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr("3 agents"));
}

TEST(SurgeProgram, TellsWhenAnAgentFails) {
  auto engine = paper_engine();
  engine.play = [](const Scenario& scenario, const ProgressSink&, const std::atomic<bool>&) -> RunReport {
    if (scenario.agent_index == 1) throw std::runtime_error{"out of luck"};
    return test::sample_report();
  };
  const auto outcome = run({"--target", kTarget, "--agents", "2"}, engine);
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("agent 2 ended without a result: out of luck"));
}

TEST(SurgeProgram, FindsTheLimit) {
  const auto outcome = run({"limit", "--target", kTarget, "--no-thresholds"});
  EXPECT_EQ(outcome.code, 0) << outcome.out;
}

TEST(SurgeProgram, ListsScenariosAndMetricsAndShowsAScenario) {
  EXPECT_THAT(run({"scenarios"}).out, HasSubstr("surge_ll"));
  EXPECT_THAT(run({"metrics"}).out, HasSubstr("stalled_fraction"));
  EXPECT_THAT(run({"show", "surge"}).out, HasSubstr("# A scenario of levee-surge"));
  EXPECT_THAT(run({"--version"}).out, HasSubstr("levee-surge 1.2.3"));
  EXPECT_THAT(run({"--help"}).out, HasSubstr("for a first look"));
}

}  // namespace
}  // namespace levee::surge
