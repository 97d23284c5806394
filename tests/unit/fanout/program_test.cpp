#include "fanout/program.hpp"

#include <array>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace levee::fanout {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(FanoutProgram, ReadsWhomToTalkTo) {
  constexpr std::array arguments{"--ports=8080,8081", "--clients=20", "--plain", "--path=/x",
                                 "--servers=7,9"};
  const auto read = read_arguments(arguments);
  EXPECT_EQ(read.fault, "");
  EXPECT_THAT(read.target.ports, ElementsAre(8080, 8081));
  EXPECT_EQ(read.clients, 20u);
  EXPECT_EQ(read.target.dialect, Dialect::plain);
  EXPECT_EQ(read.target.path, "/x");
  EXPECT_THAT(read.servers, ElementsAre(7, 9));
}

TEST(FanoutProgram, NamesTheArgumentThatIsNoGood) {
  for (const char* bad : {"--ports=", "--ports=1,x", "--ports=70000", "--clients=0", "--what=1", "stray"}) {
    const std::array arguments{bad};
    EXPECT_THAT(read_arguments(arguments).fault, HasSubstr(bad));
  }
  EXPECT_THAT(read_arguments({}).fault, HasSubstr("--ports"));
}

TEST(FanoutProgram, EndsAtACommandThatItDoesNotKnow) {
  constexpr std::array arguments{"--ports=1", "--clients=1"};
  std::istringstream in{"dance\nwake\n"};
  std::ostringstream out;
  EXPECT_EQ(run_program(arguments, in, out), 1);
  EXPECT_THAT(out.str(), HasSubstr("unknown command: dance"));
}

}  // namespace
}  // namespace levee::fanout
