#include "levee/realtime/roster.hpp"

#include <gtest/gtest.h>

#include "support/start.hpp"

namespace levee::realtime {
namespace {

using namespace std::chrono_literals;

using test::kStart;

class RosterTest : public testing::Test {
 protected:
  /// What is told in the tick that begins at `now`.
  MemberChanges tick(TimePoint now) {
    roster_.take_changes(now);
    const auto changes = roster_.take_changes(now + 500ms);
    return changes.empty() ? MemberChanges{} : changes.front().second;
  }

  Roster roster_{{}};
};

TEST_F(RosterTest, TellsAJoinWithTheTick) {
  roster_.join("p", "ann", "{}");
  EXPECT_TRUE(roster_.has_news());
  EXPECT_TRUE(roster_.take_changes(kStart).empty());
  EXPECT_FALSE(roster_.has_news());
  EXPECT_EQ(roster_.deadline(), kStart + 500ms);
  EXPECT_TRUE(roster_.take_changes(kStart + 499ms).empty());
  const auto changes = roster_.take_changes(kStart + 500ms);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].first, "p");
  EXPECT_EQ(changes[0].second.joins, (std::vector<Member>{{"ann", "{}"}}));
  EXPECT_FALSE(roster_.deadline());
}

TEST_F(RosterTest, MergesWhatComesWithinATick) {
  roster_.join("p", "ann", "1");
  roster_.join("p", "bo", "1");
  roster_.change_info("p", "ann", "2");
  roster_.leave("p", "bo");
  const auto changes = tick(kStart);
  EXPECT_EQ(changes.joins, (std::vector<Member>{{"ann", "2"}}));
  EXPECT_TRUE(changes.leaves.empty());
}

TEST_F(RosterTest, HoldsALeaveBackForTheGrace) {
  roster_.join("p", "ann", "{}");
  tick(kStart);
  roster_.leave("p", "ann");
  EXPECT_TRUE(tick(kStart + 1s).empty());
  EXPECT_EQ(roster_.deadline(), kStart + 11500ms);
  EXPECT_TRUE(roster_.take_changes(kStart + 11s).empty());
  const auto changes = roster_.take_changes(kStart + 11500ms);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].second.leaves, (std::vector<std::string>{"ann"}));
}

TEST_F(RosterTest, AReconnectIsNoLeave) {
  roster_.join("p", "ann", "{}");
  tick(kStart);
  roster_.leave("p", "ann");
  tick(kStart + 1s);
  roster_.join("p", "ann", "{}");
  EXPECT_TRUE(tick(kStart + 5s).empty());
  EXPECT_TRUE(tick(kStart + 60s).empty());
}

TEST_F(RosterTest, WhoCameTwiceMustLeaveTwice) {
  roster_.join("p", "ann", "{}");
  tick(kStart);
  roster_.join("p", "ann", "{}");
  roster_.leave("p", "ann");
  EXPECT_TRUE(tick(kStart + 1s).empty());
  EXPECT_TRUE(tick(kStart + 60s).empty());
  roster_.leave("p", "ann");
  tick(kStart + 61s);
  const auto changes = roster_.take_changes(kStart + 80s);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].second.leaves, (std::vector<std::string>{"ann"}));
}

}  // namespace
}  // namespace levee::realtime
