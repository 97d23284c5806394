#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "feeds_fixture.hpp"

namespace levee::realtime {
namespace {

TEST_F(FeedsTest, ASnapshotWithAgesComesFirstAndASyncEndsIt) {
  const auto fx = source();
  tell(*fx, "EURUSD", 1, 10);
  tell(*fx, "XAUUSD", 1, 20);
  state(*fx, "synced");
  const auto ann = watcher();
  const auto seen = ann->connection.take();
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0]["ok"]["n"], 2);
  EXPECT_EQ(seen[0]["ok"]["hb"], 1000);
  EXPECT_EQ(seen[1]["s"], 1);
  ASSERT_EQ(seen[1]["r"].size(), 2u);
  for (const auto& record : seen[1]["r"]) {
    EXPECT_EQ(record["age"], 0);
    EXPECT_EQ(record["ttl"], 4000);
    EXPECT_FALSE(record.contains("x"));
  }
  EXPECT_EQ(seen[2]["sync"]["o"], seen[1]["o"]);
}

TEST_F(FeedsTest, ChangesComeAsTheNewestOfEachKeyFromWhereOneIs) {
  const auto fx = source();
  tell(*fx, "EURUSD", 1, 10);
  state(*fx, "synced");
  const auto ann = watcher();
  const auto at = ann->connection.take().back()["sync"]["o"].get<int>();
  ann->connection.stopped_up = true;
  tell(*fx, "EURUSD", 2, 11);
  tell(*fx, "EURUSD", 3, 12);
  ann->connection.stopped_up = false;
  ann->session->writable();
  const auto caught_up = ann->connection.take();
  ASSERT_EQ(caught_up.size(), 1u);
  EXPECT_EQ(caught_up[0]["p"], at);
  EXPECT_EQ(caught_up[0]["o"], at + 2);
  EXPECT_EQ(caught_up[0]["r"][0]["d"]["b"], 12);
  tell(*fx, "EURUSD", 4, 13);
  const auto next = ann->connection.take();
  EXPECT_EQ(next[0]["p"], at + 2);
  EXPECT_EQ(next[0]["r"][0]["q"], (json{100, 4}));
}

TEST_F(FeedsTest, AResumedSubscriptionGetsWhatChangedAlone) {
  const auto fx = source();
  tell(*fx, "EURUSD", 1, 10);
  tell(*fx, "XAUUSD", 1, 20);
  state(*fx, "synced");
  auto ann = watcher();
  const auto sync = ann->connection.take().back()["sync"];
  ann.reset();
  tell(*fx, "XAUUSD", 2, 21);
  const auto back = watcher(R"(,"pos":{"e":)" + sync["e"].dump() + R"(,"o":)" + sync["o"].dump() + "}");
  const auto seen = back->connection.take();
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0]["ok"]["recovered"], true);
  ASSERT_EQ(seen[1]["r"].size(), 1u);
  EXPECT_EQ(seen[1]["r"][0]["k"], "XAUUSD");
  EXPECT_EQ(seen[2]["sync"]["recovered"], true);
  const auto elsewhere = watcher(R"(,"pos":{"e":"other","o":1})");
  EXPECT_EQ(elsewhere->connection.take()[0]["ok"]["recovered"], false);
}

TEST_F(FeedsTest, EveryKeyIsStaleUntilItsSourceHasSaidAllAndWhenItIsGone) {
  auto fx = source();
  tell(*fx, "EURUSD", 1, 10);
  const auto ann = watcher();
  EXPECT_EQ(ann->connection.take()[1]["r"][0]["x"], "resync");
  state(*fx, "synced");
  const auto opened = only(ann->connection.take());
  EXPECT_EQ(opened["k"], "EURUSD");
  EXPECT_FALSE(opened.contains("x"));
  EXPECT_FALSE(opened.contains("d")) << "unchanged";
  fx.reset();
  settle();
  EXPECT_EQ(only(ann->connection.take())["x"], "gone");
  fx = source();
  EXPECT_EQ(only(ann->connection.take())["x"], "resync");
  tell(*fx, "EURUSD", 1, 10);
  EXPECT_EQ(only(ann->connection.take())["x"], "resync");
  state(*fx, "synced");
  EXPECT_FALSE(only(ann->connection.take()).contains("x"));
}

TEST_F(FeedsTest, ASilentSourceIsToldOfAtItsLimitAndAnAliveOneIsNot) {
  const auto fx = source();
  tell(*fx, "EURUSD", 1, 10);
  state(*fx, "synced");
  const auto ann = watcher();
  pass(3s);
  ann->connection.take();
  state(*fx, "alive");
  const auto vouched = ann->connection.take();
  ASSERT_EQ(vouched.size(), 1u);
  EXPECT_TRUE(vouched[0].contains("v"));
  EXPECT_TRUE(vouched[0]["r"].empty());
  pass(3900ms);
  for (const auto& message : ann->connection.take()) EXPECT_TRUE(message.contains("hb")) << message;
  pass(150ms);
  std::vector<json> frames;
  for (auto& message : ann->connection.take()) {
    if (message.contains("r")) frames.push_back(message);
  }
  EXPECT_EQ(only(frames)["x"], "silent");
}

TEST_F(FeedsTest, HeartbeatsTellTheTopEverySecond) {
  const auto fx = source();
  tell(*fx, "EURUSD", 1, 10);
  state(*fx, "synced");
  const auto ann = watcher();
  const auto sync = ann->connection.take().back()["sync"];
  pass(3s);
  int beats = 0;
  for (const auto& message : ann->connection.take()) {
    if (!message.contains("hb") || !message["hb"].contains("top")) continue;
    ++beats;
    EXPECT_EQ(message["hb"]["top"]["feed:fx"], (json{sync["e"], sync["o"]}));
  }
  EXPECT_GE(beats, 2);
}

TEST_F(FeedsTest, OnlyWhoMayPublishAndHasBegunToDoesAndTheNewestSourceWins) {
  const auto ann = client("Ann");
  const auto refusal = [&](Client& of, const std::string& text) {
    of.connection.take();
    ask(of, text);
    const auto answers = of.connection.take();
    return answers.empty() || !answers[0].contains("err") ? 0 : answers[0]["err"]["c"].get<int>();
  };
  EXPECT_EQ(refusal(*ann, R"({"i":1,"op":"src","ch":"feed:fx","e":1})"), 4034);
  EXPECT_EQ(refusal(*ann, R"({"op":"pub","ch":"feed:fx","r":[{"k":"A","s":1,"d":{}}]})"), 4034);
  const auto other = publisher(R"(\"feed:other\")");
  EXPECT_EQ(refusal(*other, R"({"i":1,"op":"src","ch":"feed:fx","e":1})"), 4034);
  const auto fx = source(100);
  EXPECT_EQ(refusal(*fx, R"({"op":"alive","ch":"feed:fx"})"), 4034) << "not before synced";
  const auto newer = source(101);
  EXPECT_EQ(refusal(*fx, R"({"op":"pub","ch":"feed:fx","r":[{"k":"A","s":1,"d":{}}]})"), 4091);
  EXPECT_EQ(refusal(*fx, R"({"i":1,"op":"src","ch":"feed:fx","e":100})"), 4091);
  EXPECT_EQ(refusal(*newer, R"({"op":"pub","ch":"feed:fx","r":[{"k":"A","s":1,"d":{}}]})"), 0);
}

TEST_F(FeedsTest, ASourceThatComesBackIsToldWhatTheFeedHas) {
  auto fx = source();
  tell(*fx, "EURUSD", 7, 10);
  fx.reset();
  settle();
  const auto back = source();
  const auto opened = back->connection.take().back();
  EXPECT_EQ(opened["ok"]["keys"]["EURUSD"], (json{100, 7}));
}

TEST_F(FeedsTest, RefusesRecordsOutOfTheirBounds) {
  const auto fx = source();
  fx->connection.take();
  for (const auto* record : {R"({"k":"a b","s":1,"d":{}})", R"({"k":"*","s":1,"d":{}})", R"({"s":1,"d":{}})",
                             R"({"k":"A","d":{}})", R"({"k":"A","s":-1,"d":{}})", R"({"k":"A","s":1})",
                             R"({"k":"A","s":1,"ttl":99,"d":{}})", R"({"k":"A","s":1,"x":"open","d":{}})"}) {
    ask(*fx, std::string{R"({"i":3,"op":"pub","ch":"feed:fx","r":[)"} + record + "]}");
    const auto answer = fx->connection.take();
    ASSERT_EQ(answer.size(), 1u) << record;
    EXPECT_EQ(answer[0]["err"]["c"], 4000) << record;
  }
}

TEST_F(FeedsTest, AnActOnALiveQuoteIsAcceptedOnceAndOneOnAStaleQuoteIsRefused) {
  auto fx = source();
  tell(*fx, "EURUSD", 1, 10);
  state(*fx, "synced");
  const auto ann = watcher();
  EXPECT_EQ(act(*ann, 1, "order-1")["ok"]["q"], (json{100, 1}));
  pass(100ms);
  tell(*fx, "EURUSD", 2, 11);
  pass(400ms);
  EXPECT_TRUE(act(*ann, 1).contains("ok")) << "it was on its way";
  pass(200ms);
  const auto superseded = act(*ann, 1, "order-2");
  EXPECT_EQ(superseded["err"]["c"], 4090);
  EXPECT_EQ(superseded["err"]["why"], "superseded");
  EXPECT_EQ(superseded["err"]["q"], (json{100, 2}));
  EXPECT_EQ(act(*ann, 3)["err"]["why"], "unknown");
  fx.reset();
  settle();
  EXPECT_EQ(act(*ann, 2)["err"]["why"], "stale");
  const auto again = act(*ann, 1, "order-1");
  EXPECT_EQ(again["ok"]["dup"], true) << "its first answer may have been lost";
  EXPECT_EQ(hub_.counters().acts_accepted.value(), 2u);
}

TEST_F(FeedsTest, CountsWhatWasDroppedAndWhatWasMissed) {
  const auto fx = source();
  tell(*fx, "EURUSD", 5, 10);
  tell(*fx, "EURUSD", 5, 10);
  tell(*fx, "EURUSD", 4, 10);
  tell(*fx, "EURUSD", 9, 10);
  EXPECT_EQ(hub_.counters().feed_old.value(), 2u);
  EXPECT_EQ(hub_.counters().feed_gaps.value(), 1u);
}

TEST_F(FeedsTest, AFeedThatTheBusLostBeginsAnewWithASyncThatSaysSo) {
  const auto fx = source();
  tell(*fx, "EURUSD", 1, 10);
  state(*fx, "synced");
  const auto ann = watcher();
  ann->connection.take();
  auto empty = std::make_shared<Snapshot>();
  empty->top = {"other", 1};
  hub_.reset("feed:fx", empty);
  settle();
  const auto seen = ann->connection.take();
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0]["sync"]["e"], "other");
  EXPECT_EQ(seen[0]["sync"]["n"], 0) << "what follows is a snapshot";
  EXPECT_EQ(seen[0]["sync"]["hb"], 1000);
  EXPECT_FALSE(seen[1]["sync"].contains("n")) << "and here it ends";
}

TEST_F(FeedsTest, WhileTheBusIsAwayEverythingIsStaleAndNobodyActs) {
  const auto fx = source();
  tell(*fx, "EURUSD", 1, 10);
  state(*fx, "synced");
  const auto ann = watcher();
  ann->connection.take();
  auto away = std::make_shared<Snapshot>();
  away->partial = true;
  hub_.reset("feed:fx", away);
  settle();
  const auto seen = ann->connection.take();
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0]["sync"]["partial"], true);
  EXPECT_EQ(seen[1]["r"][0]["x"], "bus");
  EXPECT_EQ(act(*ann, 1)["err"]["c"], 5030);
  fx->connection.take();
  tell(*fx, "EURUSD", 2, 11);
  EXPECT_EQ(fx->connection.take().back()["err"]["c"], 5030);
}

TEST_F(FeedsTest, AnActWithoutANumberOrOnWhatCanBeNoKeyIsNoMessage) {
  const auto ann = watcher();
  for (const auto* bad : {R"("k":"EURUSD")", R"("i":7,"k":"a\"b")", R"("i":7)"}) {
    ann->connection.take();
    ask(*ann, std::string{R"({"op":"act","ch":"feed:fx","q":[1,1],"d":{},)"} + bad + "}");
    EXPECT_EQ(ann->connection.take().back()["err"]["c"], 4000) << bad;
  }
}

}  // namespace
}  // namespace levee::realtime
