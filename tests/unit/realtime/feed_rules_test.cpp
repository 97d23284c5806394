#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "levee/realtime/error.hpp"
#include "levee/realtime/feed_session.hpp"
#include "levee/realtime/feed_view.hpp"
#include "levee/realtime/record_store.hpp"

#include "support/start.hpp"

namespace levee::realtime {
namespace {

using namespace std::chrono_literals;

using test::kStart;

/// A feed as a bus keeps it, and the view of one who is told what happens to it.
class FeedRulesTest : public testing::Test {
 protected:
  Moment now() const { return {now_, wall()}; }
  std::int64_t wall() const {
    return 5'000'000 + std::chrono::duration_cast<std::chrono::milliseconds>(now_ - kStart).count();
  }
  RecordStore::Outcome put(std::vector<Record> records) {
    auto outcome = store_.put(std::move(records), top_ + 1);
    if (outcome.taken.empty()) return outcome;
    ++top_;
    for (const auto& record : outcome.taken) view_.apply(record, top_, now());
    return outcome;
  }
  FeedSession begin(std::uint64_t epoch = 100) {
    auto session = FeedSession::begin(epoch, view_, wall());
    EXPECT_TRUE(session);
    put({session->open(wall())});
    return *session;
  }
  RecordStore::Outcome say(FeedSession& session, const std::string& key, std::uint64_t sequence,
                           std::chrono::milliseconds age = 0ms) {
    FeedItem item{key, sequence, wall() - age.count(), 4000ms, false, std::to_string(sequence)};
    std::vector<Record> records;
    session.say(item, view_, wall(), records);
    return put(std::move(records));
  }
  void synced(FeedSession& session) { put({session.synced(wall())}); }
  void alive(FeedSession& session, std::chrono::milliseconds age = 0ms) {
    put({*session.alive(wall() - age.count())});
  }
  void gone(FeedSession& session) { put({session.gone(wall())}); }
  void mark_silent() { put(view_.take_silent(now())); }
  /// A source that has said this key and all it has.
  FeedSession live_source() {
    auto source = begin();
    say(source, "EURUSD", 1);
    synced(source);
    return source;
  }
  bool live(const std::string& key) const {
    const auto found = view_.entries().find(key);
    return found != view_.entries().end() && view_.live(found->second, now_);
  }
  ActVerdict act(const std::string& key, std::uint64_t sequence) const {
    return view_.judge(key, {100, sequence}, {500ms}, now_).verdict;
  }
  Duration age(const std::string& key) const { return now_ - view_.entries().at(key).origin; }

  TimePoint now_ = kStart;
  std::uint64_t top_ = 0;
  RecordStore store_;
  FeedView view_{true};
};

TEST_F(FeedRulesTest, NothingIsLiveUntilTheSourceHasSaidAll) {
  auto source = begin();
  EXPECT_EQ(say(source, "EURUSD", 1).taken.size(), 1u);
  EXPECT_FALSE(live("EURUSD"));
  synced(source);
  EXPECT_TRUE(live("EURUSD"));
}

TEST_F(FeedRulesTest, AcceptsOnlyWhatIsNewerAndCountsTheRest) {
  auto source = begin();
  say(source, "EURUSD", 5);
  synced(source);
  EXPECT_EQ(say(source, "EURUSD", 5).old, 1u);
  EXPECT_EQ(say(source, "EURUSD", 4).old, 1u);
  say(source, "EURUSD", 6);
  EXPECT_EQ(source.gaps(), 0u);
  say(source, "EURUSD", 9);
  EXPECT_EQ(source.gaps(), 1u);
  EXPECT_EQ(view_.entries().at("EURUSD").version, (Version{100, 9}));
  EXPECT_EQ(*view_.entries().at("EURUSD").body, "9");
}

TEST_F(FeedRulesTest, ASourceMayCountAllItsKeysInOne) {
  auto source = begin();
  say(source, "EURUSD", 1);
  say(source, "XAUUSD", 2);
  say(source, "EURUSD", 3);
  EXPECT_EQ(source.gaps(), 0u);
  say(source, "XAUUSD", 5);
  EXPECT_EQ(source.gaps(), 1u);
}

TEST_F(FeedRulesTest, ASourceThatStartedEarlierNeverTakesOver) {
  auto newer = begin(101);
  EXPECT_EQ(FeedSession::begin(100, view_, wall() + 1000).error(), Errc::newer_source);
  EXPECT_FALSE(newer.replaced(view_));
}

TEST_F(FeedRulesTest, WhatASessionSaysOfItselfAfterItWasReplacedChangesNothing) {
  auto old = live_source();
  auto fresh = begin();
  say(fresh, "EURUSD", 1);
  synced(fresh);
  EXPECT_TRUE(old.replaced(view_));
  gone(old);
  EXPECT_TRUE(live("EURUSD"));
  say(old, "XAUUSD", 9);
  EXPECT_FALSE(live("XAUUSD")) << "it was not said in the session that the feed is in";
}

TEST_F(FeedRulesTest, EvenASessionInTheSameMillisecondIsNewer) {
  auto old = live_source();
  for (int i = 0; i < 3; ++i) {
    auto fresh = begin();
    EXPECT_TRUE(old.replaced(view_));
    old = fresh;
  }
}

TEST_F(FeedRulesTest, AllKeysAreStaleAtOnceWhenTheSourceIsGone) {
  auto source = begin();
  say(source, "EURUSD", 1);
  say(source, "XAUUSD", 1);
  synced(source);
  gone(source);
  EXPECT_FALSE(live("EURUSD"));
  EXPECT_FALSE(live("XAUUSD"));
  EXPECT_EQ(view_.gate().state, GateState::gone);
}

TEST_F(FeedRulesTest, ASourceThatIsBackConfirmsWhatIsStillTrueAndTheRestStaysStale) {
  auto source = begin();
  say(source, "EURUSD", 1);
  say(source, "XAUUSD", 1);
  synced(source);
  gone(source);
  now_ += 1s;
  auto back = begin();
  EXPECT_EQ(say(back, "EURUSD", 1).taken.size(), 1u);
  EXPECT_FALSE(live("EURUSD"));
  synced(back);
  EXPECT_TRUE(live("EURUSD"));
  EXPECT_FALSE(live("XAUUSD"));
  EXPECT_EQ(age("EURUSD"), 1s) << "its age is what it was";
  say(back, "XAUUSD", 2);
  EXPECT_TRUE(live("XAUUSD"));
}

TEST_F(FeedRulesTest, AKeyThatNobodyVouchesForFallsSilentAtItsLimit) {
  live_source();
  now_ += 4000ms;
  mark_silent();
  EXPECT_TRUE(live("EURUSD"));
  now_ += 1ms;
  EXPECT_FALSE(live("EURUSD")) << "before anybody was told";
  now_ += 20ms;
  ASSERT_TRUE(view_.deadline());
  EXPECT_LE(*view_.deadline(), now_);
  mark_silent();
  EXPECT_EQ(view_.entries().at("EURUSD").mark, KeyMark::silent);
  mark_silent();
  EXPECT_FALSE(view_.deadline() && *view_.deadline() <= now_);
}

TEST_F(FeedRulesTest, ASourceThatIsAliveKeepsQuietKeysLive) {
  auto source = live_source();
  for (int i = 0; i < 10; ++i) {
    now_ += 3s;
    alive(source);
    mark_silent();
  }
  EXPECT_TRUE(live("EURUSD"));
  EXPECT_EQ(age("EURUSD"), 30s);
}

TEST_F(FeedRulesTest, ASilentKeyIsRevivedByBeingSaidAgainAndByNothingLess) {
  auto source = live_source();
  now_ += 5s;
  mark_silent();
  alive(source);
  EXPECT_FALSE(live("EURUSD"));
  say(source, "EURUSD", 1);
  EXPECT_TRUE(live("EURUSD"));
  EXPECT_EQ(age("EURUSD"), 5s);
}

TEST_F(FeedRulesTest, AVouchThatWasLongOnItsWayIsAsOldAsItIs) {
  auto source = live_source();
  now_ += 3s;
  alive(source, 2500ms);
  now_ += 1400ms;
  EXPECT_TRUE(live("EURUSD"));
  now_ += 101ms;
  EXPECT_FALSE(live("EURUSD"));
}

TEST_F(FeedRulesTest, AValueThatComesOldIsStaleAtOnce) {
  auto source = live_source();
  say(source, "EURUSD", 2, 10s);
  EXPECT_FALSE(live("EURUSD")) << "the source vouched for what it had said before";
}

TEST_F(FeedRulesTest, AValueFromTheFutureIsOfNow) {
  auto source = live_source();
  say(source, "EURUSD", 2, -1h);
  EXPECT_EQ(age("EURUSD"), 0s);
}

TEST_F(FeedRulesTest, AClosedKeyDoesNotFallSilentAndIsNothingToActOn) {
  auto source = live_source();
  std::vector<Record> records;
  source.say({"EURUSD", 2, {}, 4000ms, true, {}}, view_, wall(), records);
  put(std::move(records));
  now_ += 1h;
  mark_silent();
  EXPECT_EQ(view_.entries().at("EURUSD").mark, KeyMark::closed);
  EXPECT_EQ(*view_.entries().at("EURUSD").body, "1");
  EXPECT_EQ(act("EURUSD", 2), ActVerdict::stale);
}

TEST_F(FeedRulesTest, JudgesAnActByWhatThePersonSaw) {
  auto source = live_source();
  EXPECT_EQ(act("EURUSD", 1), ActVerdict::accepted);
  EXPECT_EQ(act("EURUSD", 2), ActVerdict::unknown) << "from the future";
  EXPECT_EQ(act("GBPUSD", 1), ActVerdict::unknown);
  now_ += 1s;
  say(source, "EURUSD", 2);
  now_ += 500ms;
  const auto late = view_.judge("EURUSD", {100, 1}, {500ms}, now_);
  EXPECT_EQ(late.verdict, ActVerdict::accepted) << "it was on its way when the newer one came";
  EXPECT_EQ(*late.seen, "1");
  EXPECT_EQ(late.age, 1500ms);
  now_ += 1ms;
  EXPECT_EQ(act("EURUSD", 1), ActVerdict::superseded);
  now_ += 4s;
  EXPECT_EQ(act("EURUSD", 2), ActVerdict::stale) << "past its limit, though nobody has marked it yet";
}

TEST_F(FeedRulesTest, AnActOnWhatTheKeyNeverWasIsRefused) {
  auto source = begin();
  say(source, "EURUSD", 5);
  synced(source);
  say(source, "EURUSD", 9);
  EXPECT_EQ(act("EURUSD", 7), ActVerdict::superseded);
}

TEST_F(FeedRulesTest, AViewThatBeginsWithASnapshotIsTheSame) {
  auto source = begin();
  say(source, "EURUSD", 1);
  say(source, "XAUUSD", 1, 500ms);
  synced(source);
  now_ += 2s;
  say(source, "EURUSD", 2);
  alive(source);
  FeedView late{true};
  for (const auto& [record, offset] : store_.records()) {
    if (record.key != kGateKey) late.apply(record, offset, now());
  }
  for (const auto& [record, offset] : store_.records()) {
    if (record.key == kGateKey) late.apply(record, offset, now());
  }
  for (const auto& [key, entry] : view_.entries()) {
    const auto& copy = late.entries().at(key);
    EXPECT_EQ(copy.version, entry.version);
    EXPECT_EQ(copy.origin, entry.origin);
    EXPECT_EQ(copy.mark, entry.mark);
    for (const auto later : {0s, 3s, 5s})
      EXPECT_EQ(late.live(copy, now_ + later), view_.live(entry, now_ + later)) << key;
  }
}

TEST_F(FeedRulesTest, DevicesOfATrackAreTheirOwnSources) {
  FeedView track{false};
  const auto fix = [&](std::uint64_t boot, std::uint64_t sequence) {
    return to_record(FeedKey{"v1", {boot, sequence}, wall(), 5000ms, KeyMark::none, 0, "{}"});
  };
  EXPECT_EQ(store_.put({fix(200, 7)}, 1).taken.size(), 1u);
  EXPECT_EQ(store_.put({fix(199, 9)}, 2).old, 1u) << "an earlier start of the device";
  track.apply(fix(200, 7), 1, now());
  EXPECT_FALSE(track.deadline()) << "silence is judged by those who look";
  EXPECT_FALSE(is_watched(track, now_));
  track.apply(to_record(FeedGate{{0, 1}, wall(), GateState::open, 0}), 2, now());
  EXPECT_TRUE(is_watched(track, now_ + 14s));
  EXPECT_FALSE(is_watched(track, now_ + 15s));
}

TEST(FeedRecord, ReadsWhatItWrote) {
  const FeedKey key{"EUR/USD", {1, 2}, 3, 4000ms, KeyMark::closed, 5, R"({"b":[1,2]})"};
  EXPECT_EQ(std::get<FeedKey>(*from_record(to_record(key))), key);
  const FeedGate gate{{1, 2}, 3, GateState::gone, 4};
  EXPECT_EQ(std::get<FeedGate>(*from_record(to_record(gate))), gate);
}

TEST(FeedRecord, RefusesWhatItDidNotWrite) {
  const auto good = to_record(FeedKey{"A", {1, 2}, 3, 4000ms, KeyMark::none, 5, "{}"});
  for (const auto* mark : {"", "ok", "ok ", "ok x", "ok 1 2", "open 1"}) {
    auto bad = good;
    bad.mark = mark;
    EXPECT_FALSE(from_record(bad)) << mark;
  }
  for (const auto* body : {"", "[", "[]", "[1]", "[,{}]", "[-1,{}]", "[1,]", "1,{}"}) {
    auto bad = good;
    bad.body = body;
    EXPECT_FALSE(from_record(bad)) << body;
  }
}

}  // namespace
}  // namespace levee::realtime
