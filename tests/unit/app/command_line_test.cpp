#include "levee/app/command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace levee::app {
namespace {

CommandLine read(std::vector<const char*> arguments) { return read_command_line(arguments); }

TEST(CommandLine, ServesByDefault) {
  const auto line = read({});
  EXPECT_EQ(line.action, CommandLine::Action::serve);
  EXPECT_FALSE(line.config_file);
  EXPECT_EQ(line.fault, "");
}

TEST(CommandLine, TakesAFileAndOverridesInOrder) {
  const auto line = read({"--config", "a.toml", "--set", "http.port=1", "--set=bus.redis_url=redis://h?a=b"});
  EXPECT_EQ(line.fault, "");
  EXPECT_EQ(line.config_file, "a.toml");
  EXPECT_THAT(line.overrides, testing::ElementsAre(testing::Pair("http.port", "1"),
                                                   testing::Pair("bus.redis_url", "redis://h?a=b")));
}

TEST(CommandLine, SaysWhatIsWrong) {
  EXPECT_EQ(read({"--config"}).fault, "--config needs a value");
  EXPECT_EQ(read({"--set", "port"}).fault, "--set needs key=value, got 'port'");
  EXPECT_EQ(read({"--prot"}).fault, "unknown argument '--prot'");
  EXPECT_EQ(read({"serve"}).fault, "unknown argument 'serve'");
}

TEST(CommandLine, KnowsItsActions) {
  EXPECT_EQ(read({"--help"}).action, CommandLine::Action::print_help);
  EXPECT_EQ(read({"--version"}).action, CommandLine::Action::print_version);
  EXPECT_EQ(read({"--check-config"}).action, CommandLine::Action::check_config);
}

}  // namespace
}  // namespace levee::app
