#include "surge/command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace levee::surge {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Action = CommandLine::Action;

CommandLine read(std::vector<const char*> arguments) { return read_command_line(arguments); }

constexpr auto kTarget = "http://127.0.0.1:8080/live/a/index.m3u8";

TEST(SurgeCommandLine, HelpsWhoSaysNothing) { EXPECT_EQ(read({}).action, Action::help); }

TEST(SurgeCommandLine, PlaysTheFirstLookWhenOnlyATargetIsGiven) {
  const auto line = read({"--target", kTarget});
  EXPECT_EQ(line.fault, "");
  EXPECT_EQ(line.action, Action::run);
  EXPECT_EQ(line.scenario, "surge");
  EXPECT_THAT(line.targets, ElementsAre(kTarget));
}

TEST(SurgeCommandLine, TakesAScenarioWithAndWithoutItsVerb) {
  EXPECT_EQ(read({"run", "ramp", "--target", kTarget}).scenario, "ramp");
  EXPECT_EQ(read({"ramp", "--target", kTarget}).scenario, "ramp");
  EXPECT_EQ(read({"limit", "ramp"}).action, Action::limit);
  EXPECT_EQ(read({"show", "ramp"}).action, Action::show);
  EXPECT_THAT(read({"merge", "a.json", "b.json", "--html=c.html"}).files, ElementsAre("a.json", "b.json"));
}

TEST(SurgeCommandLine, SaysWhatIsWrong) {
  EXPECT_EQ(read({"--newcomers"}).fault, "--newcomers needs a value");
  EXPECT_EQ(read({"--newcomer", "3"}).fault, "unknown argument '--newcomer'");
  EXPECT_EQ(read({"surge", "again"}).fault, "unexpected argument 'again'");
  EXPECT_EQ(read({"--plain=1"}).fault, "--plain takes no value");
  EXPECT_EQ(read({"--set", "seed"}).fault, "--set needs key=value, got 'seed'");
  EXPECT_EQ(read({"merge"}).fault, "merge needs the JSON files of the results");
  EXPECT_EQ(read({"--agent-of", "3/2"}).fault, "--agent-of needs HOST/HOSTS such as 2/3, got '3/2'");
  EXPECT_EQ(read({"--start-at", "noon"}).fault, "--start-at needs a Unix time in seconds, got 'noon'");
}

TEST(SurgeCommandLine, EveryFlagStandsInTheHelp) {
  const auto help = help_text();
  for (const auto* flag : {"--target",       "--i-own-this-target",
                           "--incumbents",   "--newcomers",
                           "--within",       "--plain",
                           "--profile",      "--warm-up",
                           "--hold",         "--cool-down",
                           "--seed",         "--chat",
                           "--chat-clients", "--publish",
                           "--publish-to",   "--set",
                           "--threshold",    "--no-thresholds",
                           "--metrics-url",  "--html",
                           "--json",         "--quiet",
                           "--agents",       "--agent-of",
                           "--start-at",     "--busy-poll"})
    EXPECT_THAT(help, HasSubstr(flag));
}

TEST(LoadedScenario, HasTheFilesSettingsOverriddenByTheFlags) {
  const auto loaded =
      load_scenario(read({"surge_ll", "--target", kTarget, "--newcomers", "50", "--within=2s", "--seed", "9",
                          "--threshold", "newcomers.planned == 50", "--set", "player.start_rung=lowest"}));
  EXPECT_THAT(loaded.faults, IsEmpty());
  const auto& scenario = loaded.scenario;
  EXPECT_EQ(scenario.name, "surge_ll");
  EXPECT_EQ(scenario.incumbents.count, 800u);
  EXPECT_EQ(scenario.newcomers.count, 50u);
  EXPECT_EQ(scenario.newcomers.within, 2s);
  EXPECT_EQ(scenario.seed, 9u);
  EXPECT_EQ(scenario.player.start_rung, "lowest");
  EXPECT_EQ(scenario.thresholds.back(), "newcomers.planned == 50");
  EXPECT_EQ(loaded.settings.at("newcomers.count"), "50");
}

TEST(LoadedScenario, CanLeaveTheScenariosThresholdsOut) {
  const auto loaded =
      load_scenario(read({"--target", kTarget, "--no-thresholds", "--threshold", "newcomers.errors == 0"}));
  EXPECT_THAT(loaded.scenario.thresholds, ElementsAre("newcomers.errors == 0"));
}

TEST(LoadedScenario, KnowsItsShareAmongSeveralHosts) {
  const auto loaded = load_scenario(
      read({"--target", kTarget, "--agents", "2", "--agent-of", "2/3", "--start-at", "1700000000"}));
  EXPECT_THAT(loaded.faults, IsEmpty());
  EXPECT_EQ(loaded.scenario.agents, 6u);
  EXPECT_EQ(loaded.scenario.agent_index, 2u);
  EXPECT_EQ(loaded.scenario.start_at_ms, 1'700'000'000'000);
}

TEST(LoadedScenario, TellsAllFaultsOfFileAndFlags) {
  EXPECT_THAT(load_scenario(read({"nowhere", "--target", kTarget, "--newcomers", "x"})).faults,
              ElementsAre(HasSubstr("--newcomers: newcomers.count must be"),
                          HasSubstr("there is no scenario 'nowhere'")));
  EXPECT_THAT(load_scenario(read({"surge"})).faults, Contains(HasSubstr("no target")));
}

}  // namespace
}  // namespace levee::surge
