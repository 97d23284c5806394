#include "levee/base/log.hpp"

#include <gtest/gtest.h>

namespace levee::log {
namespace {

TEST(LogValue, LeavesPlainWordsAlone) { EXPECT_EQ(value("192.0.2.7:1935"), "192.0.2.7:1935"); }

TEST(LogValue, QuotesWhatCouldBeMistakenForMore) {
  EXPECT_EQ(value(""), "\"\"");
  EXPECT_EQ(value("a b"), "\"a b\"");
  EXPECT_EQ(value("x reason=forged"), "\"x reason=forged\"");
  EXPECT_EQ(value("say \"hi\"\n"), "\"say \\\"hi\\\"\\x0a\"");
}

}  // namespace
}  // namespace levee::log
