#include "levee/admission/turn.hpp"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

namespace levee::admission {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kNow{1h};

TEST(Turn, ComesFirstToWhoHasWatchedForLongest) {
  const Turn old{true, 100, kNow + 3s};
  const Turn late{true, 200, kNow + 1s};
  EXPECT_TRUE(goes_before(old, late, TurnOrder::by_seniority));
  EXPECT_FALSE(goes_before(late, old, TurnOrder::by_seniority));
  EXPECT_FALSE(goes_before(old, old, TurnOrder::by_seniority));
}

TEST(Turn, ComesFirstToWhoIsNearestToRunningDryWhenThereIsNotEnough) {
  const Turn old{true, 100, kNow + 3s};
  const Turn late{true, 200, kNow + 1s};
  EXPECT_TRUE(goes_before(late, old, TurnOrder::by_need));
  EXPECT_FALSE(goes_before(old, late, TurnOrder::by_need));
}

TEST(Turn, ComesLastToWhoHasYetToFillItsBuffer) {
  const Turn settled{true, 200, kNow + 3s};
  const Turn beginning{false, 100, {}};
  for (const auto order : {TurnOrder::by_seniority, TurnOrder::by_need}) {
    EXPECT_TRUE(goes_before(settled, beginning, order));
    EXPECT_FALSE(goes_before(beginning, settled, order));
  }
}

// A server that can deliver nine tenths of what its viewers need, for ten seconds: who has little in hand
// gets it first, and nobody runs dry; by seniority those who came last do.
TEST(Turn, LetsNobodyRunDryWhileThereAreBuffersToShare) {
  const auto dry = [](TurnOrder order) {
    struct Viewer {
      Turn turn;
      bool ran_dry = false;
    };
    constexpr Duration kPart = 500ms;
    std::vector<Viewer> viewers;
    for (std::uint32_t i = 0; i < 100; ++i) viewers.push_back({{true, i, kNow + 3s - i * 10ms}, false});
    for (auto now = kNow; now < kNow + 10s; now += kPart) {
      std::stable_sort(viewers.begin(), viewers.end(),
                       [order](const auto& a, const auto& b) { return goes_before(a.turn, b.turn, order); });
      for (std::size_t i = 0; i < viewers.size(); ++i) {
        auto& turn = viewers[i].turn;
        if (i < 90) turn.runs_dry += kPart;
        viewers[i].ran_dry = viewers[i].ran_dry || turn.runs_dry < now + kPart;
      }
    }
    return std::count_if(viewers.begin(), viewers.end(), [](const auto& one) { return one.ran_dry; });
  };
  EXPECT_EQ(dry(TurnOrder::by_need), 0);
  EXPECT_GE(dry(TurnOrder::by_seniority), 10);
}

}  // namespace
}  // namespace levee::admission
