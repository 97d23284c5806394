#include "surge/reconnect_rule.hpp"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "support/start.hpp"

namespace levee::surge {
namespace {

using namespace std::chrono_literals;

using test::kStart;

/// The waits of many clients that all lived through the same, in order.
template <class Live>
std::vector<Duration> waits(Live live) {
  std::vector<Duration> all;
  for (std::uint32_t seed = 0; seed < 500; ++seed) {
    ReconnectRule rule{seed};
    all.push_back(live(rule).value());
  }
  std::sort(all.begin(), all.end());
  return all;
}
template <class Live>
Duration longest(Live live) {
  return waits(live).back();
}

TEST(ReconnectRule, SpreadsTheFirstTryOverTheWindowThatTheServerTold) {
  const auto all = waits([](ReconnectRule& rule) {
    rule.told_window(4000);
    rule.opened(kStart);
    return rule.lost(kStart + 1min, 0);
  });
  EXPECT_LE(all.back(), 4s);
  for (std::size_t tenth = 1; tenth < 10; ++tenth)
    EXPECT_NEAR(static_cast<double>(all[tenth * 50] / 1ms), 400.0 * static_cast<double>(tenth), 200);
}

TEST(ReconnectRule, ObeysAByeBeforeTheWindow) {
  ReconnectRule rule{1};
  rule.told_window(60'000);
  rule.opened(kStart);
  rule.told_bye({1000, 1000});
  EXPECT_EQ(rule.lost(kStart + 1min, 1012), 1s);
}

TEST(ReconnectRule, DoublesItsWindowUpToTwentySecondsWhileNoTryWorks) {
  const auto after = [](int tries) {
    return longest([tries](ReconnectRule& rule) {
      for (int i = 0; i < tries; ++i) EXPECT_TRUE(rule.lost(kStart, 0));
      return rule.lost(kStart, 0);
    });
  };
  EXPECT_LE(after(0), 500ms);
  EXPECT_LE(after(2), 2s);
  EXPECT_GT(after(2), 1900ms);
  EXPECT_LE(after(40), 20s);
  EXPECT_GT(after(40), 19s);
}

TEST(ReconnectRule, BeginsSmallAgainAfterAConnectionThatLasted) {
  const auto most = longest([](ReconnectRule& rule) {
    for (int i = 0; i < 8; ++i) EXPECT_TRUE(rule.lost(kStart, 0));
    rule.told_window(300);
    rule.opened(kStart);
    return rule.lost(kStart + 5s, 0);
  });
  EXPECT_LE(most, 300ms);
}

TEST(ReconnectRule, StaysAwayWhenItWouldNeverWork) {
  ReconnectRule rule{1};
  EXPECT_FALSE(rule.lost(kStart, 1000));
  EXPECT_FALSE(rule.lost(kStart, 4501));
  EXPECT_GE(rule.lost(kStart, 4029).value(), 10s);
}

}  // namespace
}  // namespace levee::surge
