#include "levee/delivery/viewer_token.hpp"

#include <string>

#include <gtest/gtest.h>

#include "levee/delivery/viewer_sessions.hpp"

#include "support/parts.hpp"
#include "support/start.hpp"

namespace levee::delivery {
namespace {

using namespace std::chrono_literals;
using test::kStart;

TEST(ViewerTokens, KnowWhatTheyIssued) {
  const ViewerTokens tokens{"secret"};
  const auto text = tokens.issue("show", test::show_start(), 0x0123456789abcdef);
  EXPECT_EQ(text.size(), ViewerTokens::kLength);
  const auto token = ViewerTokens::decode(text);
  ASSERT_TRUE(token);
  EXPECT_EQ(token->id, 0x0123456789abcdefu);
  EXPECT_EQ(token->issued, std::chrono::system_clock::to_time_t(test::show_start()));
  EXPECT_TRUE(tokens.verify("show", *token));
  EXPECT_TRUE(ViewerTokens{"secret"}.verify("show", *token));
}

TEST(ViewerTokens, KnowNothingElse) {
  const ViewerTokens tokens{"secret"};
  const auto text = tokens.issue("show", test::show_start());
  EXPECT_FALSE(tokens.verify("other", *ViewerTokens::decode(text)));
  EXPECT_FALSE(ViewerTokens{"another"}.verify("show", *ViewerTokens::decode(text)));
  EXPECT_FALSE(ViewerTokens{""}.verify("show", *ViewerTokens::decode(text)));
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto forged = text;
    forged[i] = forged[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(tokens.verify("show", *ViewerTokens::decode(forged))) << i;
  }
  EXPECT_FALSE(ViewerTokens::decode(text + "A"));
  EXPECT_FALSE(ViewerTokens::decode(text.substr(1)));
  EXPECT_FALSE(ViewerTokens::decode("." + text.substr(1)));
}

TEST(ViewerTokens, AreDifferentForEveryPlayback) {
  const ViewerTokens tokens{""};
  EXPECT_NE(tokens.issue("show", test::show_start()), tokens.issue("show", test::show_start()));
}

class ViewerSessionsTest : public testing::Test {
 protected:
  std::string token(std::uint64_t id, std::string_view stream = "show") {
    return tokens.issue(stream, test::show_start(), id);
  }

  ViewerTokens tokens{"secret"};
  ViewerSessions sessions{tokens, 10s, 3};
};

TEST_F(ViewerSessionsTest, CountsASessionOnceHoweverManyRequestsItMakes) {
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(sessions.seen("show", token(1), kStart, test::show_start()));
  EXPECT_TRUE(sessions.seen("show", token(2), kStart, test::show_start()));
  EXPECT_EQ(sessions.size(), 2u);
}

TEST_F(ViewerSessionsTest, ForgetsASessionNotSeenForTheTimeout) {
  sessions.seen("show", token(1), kStart, test::show_start());
  sessions.seen("show", token(2), kStart + 5s, test::show_start());
  EXPECT_EQ(sessions.collect(kStart + 9s).at(0).ids.size(), 2u);
  EXPECT_EQ(sessions.collect(kStart + 10s).at(0).ids.size(), 1u);
  EXPECT_TRUE(sessions.collect(kStart + 15s).empty());
  EXPECT_EQ(sessions.size(), 0u);
}

TEST_F(ViewerSessionsTest, DoesNotCountForgedTokens) {
  EXPECT_FALSE(sessions.seen("show", token(1, "other"), kStart, test::show_start()));
  EXPECT_FALSE(sessions.seen("show", "nonsense", kStart, test::show_start()));
  auto forged = token(1);
  sessions.seen("show", forged, kStart, test::show_start());
  forged.back() = forged.back() == 'A' ? 'B' : 'A';
  EXPECT_FALSE(sessions.seen("show", forged, kStart, test::show_start()));
  EXPECT_EQ(sessions.size(), 1u);
}

TEST_F(ViewerSessionsTest, StaysWithinItsLimit) {
  for (std::uint64_t id = 0; id < 10; ++id)
    EXPECT_TRUE(sessions.seen("show", token(id), kStart, test::show_start()));
  EXPECT_EQ(sessions.size(), 3u);
}

TEST_F(ViewerSessionsTest, KnowsWhoHasBeenServedForSomeSeconds) {
  const auto wall = test::show_start();
  auto visit = sessions.seen("show", token(1), kStart, wall);
  EXPECT_FALSE(visit.returning);
  EXPECT_FALSE(visit.settled);
  EXPECT_EQ(visit.id, 1u);
  visit = sessions.seen("show", token(1), kStart + 5s, wall + 5s);
  EXPECT_TRUE(visit.returning);
  EXPECT_TRUE(visit.settled);
  // After a restart, or on another node, it is known again but has its buffer still to fill.
  ViewerSessions other{tokens, 10s, 3};
  visit = other.seen("show", token(1), kStart + 5s, wall + 5s);
  EXPECT_TRUE(visit.good);
  EXPECT_TRUE(visit.returning);
  EXPECT_FALSE(visit.settled);
}

TEST_F(ViewerSessionsTest, ATokenIsGoodForADayAndAsLongAsItsViewerStays) {
  const auto wall = test::show_start();
  EXPECT_FALSE(sessions.seen("show", token(1), kStart, wall + 24h + 1s));
  EXPECT_TRUE(sessions.seen("show", token(1), kStart, wall + 24h - 1s));
  EXPECT_TRUE(sessions.seen("show", token(1), kStart + 3s, wall + 24h + 2s));
  sessions.collect(kStart + 60s);
  EXPECT_FALSE(sessions.seen("show", token(1), kStart + 60s, wall + 24h + 59s));
}

TEST_F(ViewerSessionsTest, DoesNotTakeATokenFromTheFuture) {
  EXPECT_FALSE(sessions.seen("show", token(1), kStart, test::show_start() - 10min));
  EXPECT_TRUE(sessions.seen("show", token(1), kStart, test::show_start() - 1min));
}

TEST_F(ViewerSessionsTest, ATokenThatIsHandedRoundIsNoOnesAboveWhatAPlayerAsksFor) {
  int good = 0;
  for (int i = 0; i < 1000; ++i) good += sessions.seen("show", token(1), kStart, test::show_start()) ? 1 : 0;
  EXPECT_EQ(good, 200);
  EXPECT_TRUE(sessions.seen("show", token(1), kStart + 1s, test::show_start()));
}

TEST_F(ViewerSessionsTest, ARenewedTokenIsTheSamePlayback) {
  const auto wall = test::show_start();
  sessions.seen("show", token(1), kStart, wall);
  const auto renewed = tokens.issue("show", wall + 8s, 1);
  const auto visit = sessions.seen("show", renewed, kStart + 20s, wall + 20s);
  EXPECT_TRUE(visit.settled);
  EXPECT_EQ(visit.let_in, ViewerTokens::decode(token(1))->issued) << "and was let in when it was";
  EXPECT_EQ(sessions.size(), 1u);
}

TEST(ViewerTokens, ATicketTellsSinceWhenAndIsNoTokenNorATokenATicket) {
  const ViewerTokens tokens{"secret"};
  const auto since = test::show_start() + 1234ms;
  const auto ticket = tokens.ticket(since);
  EXPECT_EQ(ticket.size(), ViewerTokens::kLength);
  EXPECT_EQ(tokens.read_ticket(ticket), since);
  EXPECT_FALSE(ViewerTokens{"other"}.read_ticket(ticket));
  EXPECT_FALSE(tokens.read_ticket(tokens.issue("show", since)));
  EXPECT_FALSE(tokens.verify("show", *ViewerTokens::decode(ticket)));
  EXPECT_FALSE(tokens.read_ticket("nonsense"));
}

TEST(ViewerTally, CountsASessionSeenOnTwoShardsOnce) {
  ViewerTally tally{2};
  tally.report(0, {{"show", {1, 2}}, {"other", {9}}});
  tally.report(1, {{"show", {2, 3}}});
  EXPECT_EQ(tally.count("show"), 3u);
  EXPECT_EQ(tally.count("other"), 1u);
  EXPECT_EQ(tally.count("none"), 0u);
  tally.report(0, {});
  EXPECT_EQ(tally.count("show"), 2u);
}

}  // namespace
}  // namespace levee::delivery
