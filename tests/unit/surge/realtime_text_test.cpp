#include "surge/realtime_text.hpp"

#include <gtest/gtest.h>

namespace levee::surge {
namespace {

TEST(RealtimeText, FindsNumbersTextsAndWindows) {
  constexpr std::string_view kText = R"({"err":{"c":5031,"m":"busy","retry":[800,3000]}})";
  EXPECT_EQ(number_after(kText, R"("c":)"), 5031);
  EXPECT_EQ(number_after(kText, R"("x":)"), std::nullopt);
  EXPECT_EQ(number_after(kText, R"("m":)"), std::nullopt) << "no number";
  EXPECT_EQ(text_after(kText, R"("m":")"), "busy");
  EXPECT_EQ(text_after(kText, R"("x":")"), "");
  const auto window = window_after(kText, R"("retry":)");
  ASSERT_TRUE(window);
  EXPECT_EQ(window->from_ms, 800);
  EXPECT_EQ(window->to_ms, 3000);
}

TEST(RealtimeText, ReadsTheWindowOfACloseFrame) {
  const auto window = window_after("retry=0-4000", "retry=");
  ASSERT_TRUE(window);
  EXPECT_EQ(window->to_ms, 4000);
  EXPECT_FALSE(window_after("retry=5", "retry="));
  EXPECT_FALSE(window_after("retry=9-4", "retry="));
}

}  // namespace
}  // namespace levee::surge
