// Who is let in, who must wait and who never has to: the door of the origin.
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "levee/delivery/origin.hpp"

#include "unit/delivery/origin_fixture.hpp"

namespace levee::delivery {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

/// One newcomer at once, and then one a second.
class OriginUnderLoad : public OriginTest {
 protected:
  OriginUnderLoad() {
    grant.level = admission::Level::wait;
    grant.rate = grant.expected_rate = grant.burst = 1;
    state.gate.apply(grant, Clock::now());
    now = Clock::now();
    show(test::rendition_at(1, 1));
  }
  void pass(Duration time) {
    now += time;
    wall += time;
  }
  Response come(std::string_view target = "/live/show/index.m3u8") { return get(target); }
  std::string token(std::uint64_t id = 7, std::string_view stream = "show") {
    return site.tokens.issue(stream, test::show_start(), id);
  }

  admission::Grant grant;
};

TEST_F(OriginUnderLoad, LetsNewcomersInAtTheRateOfTheGrantAndTellsTheOthersWhenToComeBack) {
  EXPECT_EQ(come().head->status, 200u);
  const auto refused = come();
  EXPECT_EQ(refused.head->status, 503u);
  EXPECT_EQ(refused.kind, RequestKind::multivariant);
  EXPECT_FALSE(refused.close);
  EXPECT_THAT(refused.head->http1, HasSubstr("Cache-Control: no-store"));
  EXPECT_THAT(refused.head->http1, HasSubstr("Levee-Wait-Ms, Levee-Ticket"));
  EXPECT_THAT(refused.head->http1, Not(HasSubstr("Retry-After:")));
  ASSERT_TRUE(refused.come_back);
  EXPECT_GE(refused.come_back->after, 1s);
  EXPECT_TRUE(refused.come_back->estimate);
}

TEST_F(OriginUnderLoad, KeepsAPlaceInTheLineWithTheConnectionOrByTicket) {
  come();
  std::optional<admission::Ticket> kept;
  request.ticket = &kept;
  const auto first = come();
  ASSERT_EQ(first.head->status, 503u);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->since, now);
  request.ticket = nullptr;
  const auto second = come();
  const std::string ticket{second.come_back->ticket.begin(), second.come_back->ticket.end()};
  const auto by_ticket = "/live/show/index.m3u8?ticket=" + ticket;

  pass(10s);
  EXPECT_EQ(come(by_ticket).head->status, 200u);
  request.ticket = &kept;
  pass(10s);
  EXPECT_EQ(come().head->status, 200u);
  EXPECT_FALSE(kept) << "what was told is forgotten with the wait";
}

TEST_F(OriginUnderLoad, NeverAsksAnIncumbentToWait) {
  come();
  const auto base = "/live/show/v/" + token() + "/";
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(status(base + "index.m3u8"), 200u);
    EXPECT_EQ(status(base + "480p/index.m3u8"), 200u);
    EXPECT_EQ(status(base + "480p/abc-p0.m4s"), 200u);
  }
}

TEST_F(OriginUnderLoad, RenewsTheTokenOfAnIncumbentThatAsksForTheMultivariantPlaylistAgain) {
  const auto text = body_of(get("/live/show/v/" + token() + "/index.m3u8"));
  const auto at = text.find("\n../");
  ASSERT_NE(at, std::string::npos) << text;
  const auto renewed = ViewerTokens::decode(text.substr(at + 4, ViewerTokens::kLength));
  ASSERT_TRUE(renewed);
  EXPECT_EQ(renewed->id, 7u);
  EXPECT_TRUE(site.tokens.verify("show", *renewed));
}

TEST_F(OriginUnderLoad, TakesForgedForeignAndExpiredTokensForNewcomers) {
  come();
  const auto expired = site.tokens.issue("show", test::show_start() - 25h, 1);
  const auto foreign = ViewerTokens{"another key"}.issue("show", test::show_start(), 1);
  for (const auto& bad : {std::string{"forged"}, token(1, "other"), expired, foreign}) {
    EXPECT_EQ(status("/live/show/v/" + bad + "/index.m3u8"), 503u) << bad;
    EXPECT_EQ(status("/live/show/v/" + bad + "/480p/index.m3u8"), 503u) << bad;
    EXPECT_EQ(status("/live/show/v/" + bad + "/480p/abc-p0.m4s"), 503u) << bad;
  }
}

TEST_F(OriginUnderLoad, SendsThoseWithoutATokenToTheDoorOnlyWhileNewcomersWait) {
  const auto refused = get("/live/show/480p/index.m3u8");
  EXPECT_EQ(refused.head->status, 503u);
  EXPECT_TRUE(refused.come_back);
  EXPECT_EQ(status("/live/show/480p/abc-p0.m4s"), 503u);
  grant.level = admission::Level::start_low;
  state.gate.apply(grant, now);
  EXPECT_EQ(status("/live/show/480p/index.m3u8"), 200u);
  EXPECT_EQ(status("/live/show/480p/abc-p0.m4s"), 200u);
}

TEST_F(OriginUnderLoad, StartsNewcomersLowerAndHidesTheTopFromThemAlone) {
  grant.burst = grant.rate = 100;
  grant.start_lower = 1;
  state.gate.apply(grant, now);
  now += 1s;
  auto text = body_of(come());
  EXPECT_LT(text.find("240p/"), text.find("480p/"));
  grant.hidden_rungs = 1;
  state.gate.apply(grant, now);
  text = body_of(come());
  EXPECT_THAT(text, Not(HasSubstr("480p/")));
  EXPECT_THAT(text, HasSubstr("240p/"));
  EXPECT_THAT(body_of(get("/live/show/v/" + token() + "/index.m3u8")), HasSubstr("480p/"));
}

TEST_F(OriginUnderLoad, KnowsOfEachWhoWaitsForAPartSinceWhenItWatchesAndWhenItRunsDry) {
  now = kReady;
  const auto base = "/live/show/v/" + token() + "/480p/";
  EXPECT_EQ(status(base + "abc-p3.m4s"), 200u);  // the one before the newest
  EXPECT_EQ(status(base + "abc-p4.m4s"), 200u);
  const auto answer = ask(base + "index.m3u8?_HLS_msn=1&_HLS_part=1");
  const auto* park = std::get_if<Park>(&answer);
  ASSERT_NE(park, nullptr);
  EXPECT_EQ(park->turn.let_in, ViewerTokens::decode(token())->issued);
  EXPECT_FALSE(park->turn.settled);
  const auto parts = std::chrono::duration<double>(2.0 * media::seconds(site.hls.part));
  EXPECT_NEAR(std::chrono::duration<double>(park->turn.runs_dry - kReady).count(), parts.count(), 0.001);
}

TEST_F(OriginUnderLoad, ServesOnlyKnownViewersOnTheLastDescriptors) {
  request.tight = true;
  const auto refused = come();
  EXPECT_EQ(refused.head->status, 503u);
  EXPECT_TRUE(refused.close);
  EXPECT_EQ(status("/watch/show"), 503u);
  EXPECT_EQ(status("/live/show/v/" + token() + "/480p/index.m3u8"), 200u);
  EXPECT_TRUE(origin.refuse_upgrade(request, {now, test::show_start()}));
}

TEST_F(OriginUnderLoad, MeetsANewcomerAtTheDoorAndAsksTheGateOnce) {
  request.target = "/live/show/index.m3u8";
  const auto first = origin.meet(request, {now, wall});
  EXPECT_TRUE(first.let_in);
  EXPECT_FALSE(first.refusal);
  request.let_in = true;
  EXPECT_EQ(come().head->status, 200u) << "with the one credit that there was";
  request.let_in = false;
  const auto second = origin.meet(request, {now, wall});
  EXPECT_FALSE(second.let_in);
  ASSERT_TRUE(second.refusal);
  EXPECT_EQ(second.refusal->head->status, 503u);
  EXPECT_TRUE(second.refusal->come_back);
  EXPECT_EQ(state.gate.take_tally().seen, 2u);
}

TEST_F(OriginUnderLoad, LeavesAllOtherRequestsToItsAnswer) {
  come();
  const auto meet = [this](const std::string& target) {
    request.target = target;
    const auto reception = origin.meet(request, {now, wall});
    return reception.let_in || reception.refusal;
  };
  EXPECT_FALSE(meet("/live/show/v/" + token() + "/index.m3u8"));
  EXPECT_FALSE(meet("/live/show/v/forged/index.m3u8"));
  EXPECT_FALSE(meet("/live/show/480p/index.m3u8"));
  EXPECT_FALSE(meet("/live/other/index.m3u8"));
  EXPECT_FALSE(meet("/watch/show"));
  request.tight = true;
  EXPECT_FALSE(meet("/live/show/index.m3u8"));
  request.tight = false;
  request.method = Method::other;
  EXPECT_FALSE(meet("/live/show/index.m3u8"));
}

TEST_F(OriginUnderLoad, LetsChatComeBehindVideo) {
  int taken = 0;
  for (int i = 0; i < 100; ++i) taken += origin.refuse_upgrade(request, {now, test::show_start()}) ? 0 : 1;
  EXPECT_EQ(taken, 20);
  grant.level = admission::Level::open;
  state.gate.apply(grant, now);
  EXPECT_FALSE(origin.refuse_upgrade(request, {now, test::show_start()}));
}

TEST_F(OriginUnderLoad, MeasuresDeliveriesToSettledViewersAlone) {
  const auto path = "/live/show/v/" + token() + "/480p/abc-p0.m4s";
  EXPECT_FALSE(get(path).ready);
  wall = test::show_start() + 6s;
  EXPECT_FALSE(get(path).ready) << "let in long ago, but not here";
  now += 6s;
  const auto settled = get(path);
  ASSERT_TRUE(settled.ready);
  EXPECT_EQ(*settled.ready, kReady);
  EXPECT_EQ(settled.rate_floor, 1'200'000u / 8 / 4);
}

TEST_F(OriginUnderLoad, CountsWhatAViewerIsSentInItsBeginning) {
  const auto path = "/live/show/v/" + token() + "/480p/abc-p0.m4s";
  const auto part = get(path).body.size();
  get(path);
  EXPECT_EQ(state.sessions.take_beginnings().count, 0u) << "it goes on";
  wall = test::show_start() + 6s;
  now += 6s;
  get(path);
  get(path);
  const auto begun = state.sessions.take_beginnings();
  EXPECT_EQ(begun.count, 1u);
  EXPECT_EQ(begun.bytes, 2 * part);
  EXPECT_EQ(state.sessions.take_beginnings().count, 0u);
}

TEST_F(OriginUnderLoad, CountsAKnownViewerOnANewConnection) {
  wall = test::show_start() + 60s;
  request.first_of_connection = true;
  const auto path = "/live/show/v/" + token() + "/480p/index.m3u8";
  get(path);
  EXPECT_EQ(state.returning, 1u);
  request.first_of_connection = false;
  get(path);
  EXPECT_EQ(state.returning, 1u);
}

}  // namespace
}  // namespace levee::delivery
