#include "surge/scenario_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "surge/embedded.hpp"
#include "surge/scenario_file.hpp"

namespace levee::surge {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<Fault> faults_of(std::string_view text) {
  Scenario scenario;
  ScenarioTable table{scenario};
  table.read_toml(text, "a.toml");
  return table.faults();
}

TEST(Scenario, TakesWhatAFileSays) {
  Scenario scenario;
  ScenarioTable table{scenario};
  table.read_toml(
      "profile = \"spike-and-leave\"\ntarget = [\"http://a\", \"http://b\"]\nhold = \"1min\"\n"
      "[newcomers]\ncount = 18_000\nwithin = \"250ms\"\n[weak]\nshare = 0.25\n",
      "a.toml");
  EXPECT_THAT(table.faults(), IsEmpty());
  EXPECT_EQ(scenario.profile, Profile::spike_and_leave);
  EXPECT_THAT(scenario.targets, ElementsAre("http://a", "http://b"));
  EXPECT_EQ(scenario.hold, 1min);
  EXPECT_EQ(scenario.newcomers.count, 18'000u);
  EXPECT_EQ(scenario.newcomers.within, 250ms);
  EXPECT_EQ(scenario.weak.share, 0.25);
}

TEST(Scenario, TellsAllFaultsAtOnceWithTheirLines) {
  EXPECT_THAT(
      faults_of("hold = 5\n[newcomers]\ncont = 3\nwithin = \"soon\"\n[weak]\nshare = 2\n[player]\nadapt = "
                "\"yes\"\n"),
      testing::UnorderedElementsAre(
          "a.toml:1: hold must be a time from 1s to 86400s such as \"10s\" or \"250ms\", is 5",
          "a.toml:3: newcomers.cont is no setting of a scenario (did you mean newcomers.count?)",
          "a.toml:4: newcomers.within must be a time from 0s to 86400s such as \"10s\" or \"250ms\", is "
          "'soon'",
          "a.toml:6: weak.share must be a number from 0 to 1, is 2",
          "a.toml:8: player.adapt must be true or false, is 'yes'"));
}

TEST(Scenario, TellsWhatIsNotToml) {
  EXPECT_THAT(faults_of("profile = surge\n"), ElementsAre(HasSubstr("a.toml:1: not TOML")));
}

TEST(Scenario, NamesTheProfilesThatThereAre) {
  EXPECT_THAT(faults_of("profile = \"flood\"\n"),
              ElementsAre(testing::AllOf(HasSubstr("\"surge\", \"ramp\""), HasSubstr("is 'flood'"))));
}

TEST(Scenario, TakesSettingsAsTextFromTheCommandLine) {
  Scenario scenario;
  ScenarioTable table{scenario};
  table.set("newcomers.count", "5000", "--newcomers");
  table.set("newcomers.within", "2s", "--within");
  table.set("weak.share", "1", "--set");
  table.set("target", "http://127.0.0.1/a.m3u8", "--set");
  EXPECT_THAT(table.faults(), IsEmpty());
  EXPECT_EQ(scenario.newcomers.count, 5000u);
  EXPECT_EQ(scenario.newcomers.within, 2s);
  EXPECT_EQ(scenario.weak.share, 1.0);
  table.set("newcomers.count", "many", "--newcomers");
  table.set("no.such", "1", "--set");
  EXPECT_THAT(table.faults(), ElementsAre("--newcomers: newcomers.count must be 0..10000000, is 'many'",
                                          "--set: no.such is no setting of a scenario"));
}

TEST(Scenario, ShowsEverySettingWithItsValue) {
  Scenario scenario;
  scenario.thresholds = {"a == 0", "b == 0"};
  const auto values = ScenarioTable{scenario}.values();
  EXPECT_EQ(values.at("newcomers.within"), "1s");
  EXPECT_EQ(values.at("profile"), "surge");
  EXPECT_EQ(values.at("thresholds"), "a == 0; b == 0");
}

TEST(ScenarioFiles, AreAllInOrder) {
  EXPECT_GE(embedded_scenarios().size(), kProfileNames.size());
  for (const auto& file : embedded_scenarios()) {
    SCOPED_TRACE(file.name);
    Scenario scenario;
    ScenarioTable table{scenario};
    table.read_toml(file.text, file.name);
    EXPECT_THAT(table.faults(), IsEmpty());
    EXPECT_NE(scenario.description, "");
    EXPECT_THAT(scenario.thresholds, testing::Not(IsEmpty()));
    scenario.targets = {"http://127.0.0.1:8080/live/a/index.m3u8"};
    scenario.publisher = {"a.flv", "rtmp://127.0.0.1/live/a"};
    scenario.realtime.url = "ws://127.0.0.1:8080/rt";
    EXPECT_THAT(check_together(scenario), IsEmpty());
  }
}

TEST(ScenarioFiles, CoverEveryProfile) {
  for (const auto profile : kProfileNames) {
    const auto written = "profile = \"" + std::string{profile} + "\"";
    const auto files = embedded_scenarios();
    EXPECT_TRUE(std::any_of(files.begin(), files.end(), [&](const EmbeddedFile& file) {
      return file.text.find(written) != std::string_view::npos;
    })) << profile;
  }
}

TEST(ScenarioFiles, SurgeListsEverySettingWithItsDefault) {
  Scenario read;
  ScenarioTable table{read};
  const auto file = find_scenario("surge");
  ASSERT_TRUE(file);
  table.read_toml(file->text, file->file);
  Scenario defaults;
  defaults.description = read.description;
  defaults.thresholds = read.thresholds;
  EXPECT_EQ(table.values(), ScenarioTable{defaults}.values());
  for (const auto& [key, value] : table.values()) {
    const auto name = key.substr(key.rfind('.') + 1);
    EXPECT_THAT(file->text, HasSubstr("\n" + name + " = ")) << key;
  }
}

TEST(ScenarioChecks, RefuseATargetThatIsNotThisMachineUnlessItIsOwned) {
  Scenario scenario;
  scenario.targets = {"http://video.example.com/live/a/index.m3u8"};
  EXPECT_THAT(check_together(scenario), ElementsAre(HasSubstr("--i-own-this-target")));
  scenario.i_own_this_target = true;
  EXPECT_THAT(check_together(scenario), IsEmpty());
}

TEST(ScenarioChecks, KnowThisMachineByItsAddressAndNotByItsLooks) {
  for (const auto* url : {"http://127.0.0.1:8080/a", "http://127.8.9.10/a", "http://localhost/a",
                          "http://[::1]:80/a", "ws://user@127.0.0.1/rt"})
    EXPECT_TRUE(is_loopback(url)) << url;
  for (const auto* url :
       {"http://127.0.0.1.example.com/a", "http://localhost.example.com/", "http://10.0.0.1/",
        "http://127.0.0.1@example.com/", "http://127.evil/", "http://[fe80::1]/"})
    EXPECT_FALSE(is_loopback(url)) << url;
}

TEST(ScenarioChecks, TellWhatNoSingleKeyCan) {
  Scenario scenario;
  scenario.profile = Profile::publisher_blink;
  scenario.chat.count = 1;
  scenario.thresholds = {"nonsense"};
  EXPECT_THAT(check_together(scenario), ElementsAre(HasSubstr("no target"), HasSubstr("threshold 'nonsense'"),
                                                    HasSubstr("chat.url"), HasSubstr("publisher.flv_file")));
}

}  // namespace
}  // namespace levee::surge
