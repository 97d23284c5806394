#include "levee/base/settings_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace levee {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Settings {
  std::uint16_t port = 1935;
  bool open = false;
  std::string url;
  Duration grace = std::chrono::seconds{30};
  std::vector<std::string> names;
};

struct SettingsTableTest : testing::Test {
  SettingsTableTest() {
    table.number("rtmp.port", settings.port, 0, 65535);
    table.boolean("publish.open", settings.open);
    table.text("bus.redis_url", settings.url, 20);
    table.time<std::chrono::seconds>("stream.grace_s", settings.grace, 0, 600);
    table.list(
        "publish.keys", [this] { settings.names.clear(); },
        [this](const toml::table& entry) -> std::string {
          const auto name = entry["name"].value<std::string>();
          if (!name) return "needs a name in each entry";
          settings.names.push_back(*name);
          return {};
        });
  }

  Settings settings;
  SettingsTable table;
};

TEST_F(SettingsTableTest, ReadsAFile) {
  table.read_toml(
      "[rtmp]\nport = 2000\n[publish]\nopen = true\nkeys = [{name = \"a\"}]\n[stream]\ngrace_s = 5\n",
      "f.toml");
  EXPECT_THAT(table.faults(), IsEmpty());
  EXPECT_EQ(settings.port, 2000);
  EXPECT_TRUE(settings.open);
  EXPECT_EQ(settings.grace, std::chrono::seconds{5});
  EXPECT_THAT(settings.names, ElementsAre("a"));
}

TEST_F(SettingsTableTest, TellsEveryFaultWithItsFileAndLineAndWhatWasExpected) {
  table.read_toml("[rtmp]\nport = 70000\nprot = 1\n[publish]\nopen = \"yes\"\nkeys = [{}]\n", "levee.toml");
  EXPECT_THAT(table.faults(), testing::UnorderedElementsAre(
                                  "levee.toml:2: rtmp.port must be 0..65535, is 70000",
                                  "levee.toml:3: rtmp.prot is no setting of levee (did you mean rtmp.port?)",
                                  "levee.toml:5: publish.open must be true or false, is 'yes'",
                                  "levee.toml:6: publish.keys needs a name in each entry, is [ {} ]"));
  EXPECT_EQ(settings.port, 1935);
}

TEST_F(SettingsTableTest, TellsWhereATextIsNotToml) {
  table.read_toml("[rtmp]\nport =\n", "levee.toml");
  ASSERT_EQ(table.faults().size(), 1u);
  EXPECT_THAT(table.faults()[0], testing::StartsWith("levee.toml:2: not TOML: "));
}

TEST_F(SettingsTableTest, TakesNumbersAndBareTextsFromArguments) {
  table.set("rtmp.port", "0", "--set");
  table.set("bus.redis_url", "redis://h:1", "--set");
  table.set("publish.open", "true", "--set");
  EXPECT_THAT(table.faults(), IsEmpty());
  EXPECT_EQ(settings.port, 0);
  EXPECT_EQ(settings.url, "redis://h:1");
  EXPECT_TRUE(settings.open);
  table.set("bus.redis_url", "1234", "--set");
  EXPECT_EQ(settings.url, "1234");
}

TEST_F(SettingsTableTest, RefusesBadArguments) {
  table.set("rtmp.port", "x", "--set");
  table.set("rtmp.sport", "1", "--set");
  EXPECT_THAT(table.faults(),
              ElementsAre("--set: rtmp.port must be 0..65535, is 'x'",
                          "--set: rtmp.sport is no setting of levee (did you mean rtmp.port?)"));
}

TEST_F(SettingsTableTest, ReadsItsOwnVariablesAndLeavesOthersAlone) {
  const char* environment[] = {"LEVEE_RTMP_PORT=7", "LEVEE_SERVICE_HOST=10.0.0.1", "PATH=/bin",
                               "LEVEE_STREAM_GRACE_S=9", nullptr};
  table.read_environment(environment);
  EXPECT_THAT(table.faults(), IsEmpty());
  EXPECT_EQ(settings.port, 7);
  EXPECT_EQ(settings.grace, std::chrono::seconds{9});
}

}  // namespace
}  // namespace levee
