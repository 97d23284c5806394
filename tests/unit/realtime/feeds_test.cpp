#include <map>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "hub_fixture.hpp"

namespace levee::realtime {
namespace {

using testing::ElementsAre;

/// Feeds through a hub: a source, those who watch and those who act.
class FeedsTest : public HubTest {
 protected:
  std::unique_ptr<Client> publisher(const std::string& grants) {
    return nameless(R"(,"token":"{\"sub\":\"fx\",\"exp\":9999999999,\"pub\":[)" + grants + R"(]}")");
  }
  std::unique_ptr<Client> nameless(const std::string& more) {
    auto made = std::make_unique<Client>(hub_);
    ask(*made, R"({"op":"hello")" + more + "}");
    return made;
  }
  std::unique_ptr<Client> source(std::uint64_t epoch = 100) {
    auto made =
        nameless(R"(,"token":"{\"sub\":\"fx\",\"exp\":9999999999,\"pub\":[\"feed:*\",\"track:*\"]}")");
    ask(*made, R"({"i":1,"op":"src","ch":"feed:fx","e":)" + std::to_string(epoch) + "}");
    return made;
  }
  void tell(Client& from, const std::string& key, int sequence, int bid) {
    ask(from, R"({"op":"pub","ch":"feed:fx","r":[{"k":")" + key + R"(","s":)" + std::to_string(sequence) +
                  R"(,"ttl":4000,"d":{"b":)" + std::to_string(bid) + "}}]}");
  }
  void state(Client& from, const std::string& op) { ask(from, R"({"op":")" + op + R"(","ch":"feed:fx"})"); }
  std::unique_ptr<Client> watcher(const std::string& position = "") {
    auto made = client("Ann");
    made->connection.take();
    ask(*made, R"({"i":2,"op":"sub","ch":"feed:fx")" + position + "}");
    return made;
  }
  json act(Client& by, int sequence, const std::string& id = "") {
    by.connection.take();
    ask(by, R"({"i":7,"op":"act","ch":"feed:fx","k":"EURUSD","q":[100,)" + std::to_string(sequence) + "]," +
                (id.empty() ? "" : R"("id":")" + id + R"(",)") + R"("d":{"side":"buy"}})");
    return by.connection.take().back();
  }
  /// The one record of the one frame that came.
  static json only(const std::vector<json>& messages) {
    EXPECT_EQ(messages.size(), 1u);
    EXPECT_EQ(messages.at(0)["r"].size(), 1u) << messages.at(0);
    return messages.at(0)["r"][0];
  }
};

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

TEST_F(FeedsTest, ALargeSnapshotComesInPiecesAlsoOfWhatOneMessageChanged) {
  const auto fx = source();
  for (int i = 0; i < 900; ++i) {
    tell(*fx, "KEY" + std::to_string(i), 1, i);
    pass(10ms);
  }
  state(*fx, "synced");  // which concerns them all: they stand at one offset
  const auto ann = watcher();
  const auto pieces = ann->connection.pushed;
  for (const auto& frame : pieces) EXPECT_LT(frame->size(), 20'000u);
  std::set<std::string> keys;
  std::size_t records = 0;
  json last;
  for (const auto& message : ann->connection.take()) {
    if (!message.contains("s")) {
      last = message;
      continue;
    }
    for (const auto& record : message["r"]) keys.insert(record["k"].get<std::string>());
    records += message["r"].size();
  }
  EXPECT_EQ(keys.size(), 900u);
  EXPECT_EQ(records, 900u) << "each key once";
  ASSERT_TRUE(last.contains("sync"));
  EXPECT_EQ(last["sync"]["recovered"], false);
  const auto bo = watcher();
  ASSERT_EQ(bo->connection.pushed.size(), pieces.size());
  EXPECT_EQ(bo->connection.pushed.back(), pieces.back()) << "who comes next is given the same bytes";
}

TEST_F(FeedsTest, ASnapshotUnderWayGoesOnWithWhatChangedMeanwhile) {
  const auto fx = source();
  for (int i = 0; i < 300; ++i) {
    tell(*fx, "KEY" + std::to_string(i), 1, i);
    pass(10ms);
  }
  state(*fx, "synced");
  auto ann = client("Ann");
  ann->connection.take();
  ann->connection.stops_after = 3;  // the answer and two pieces
  ask(*ann, R"({"i":2,"op":"sub","ch":"feed:fx"})");
  auto seen = ann->connection.take();
  tell(*fx, "KEY0", 2, 7777);
  ann->connection.stops_after = 0;
  ann->connection.stopped_up = false;
  ann->session->writable();
  settle();
  for (const auto& message : ann->connection.take()) seen.push_back(message);
  std::map<std::string, json> held;
  for (const auto& message : seen) {
    EXPECT_FALSE(message.contains("p")) << "no push before the snapshot is whole";
    if (!message.contains("s")) continue;
    for (const auto& record : message["r"]) held[record["k"].get<std::string>()] = record;
  }
  EXPECT_EQ(held.size(), 300u);
  EXPECT_EQ(held["KEY0"]["d"]["b"], 7777);
  EXPECT_EQ(seen.back()["sync"]["o"].get<int>(), seen[0]["ok"]["o"].get<int>() + 1);
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

class TracksTest : public FeedsTest {
 protected:
  json report(Client& from, const std::string& rest) {
    from.connection.take();
    ask(from, R"({"i":4,"op":"loc","ch":"track:guards","dev":"v17","b":100,)" + rest + "}");
    return from.connection.take().back();
  }
  static std::string fix(int sequence, double speed = 1.5) {
    return R"({"s":)" + std::to_string(sequence) + R"(,"t":4000,"lat":59.3293,"lon":18.0686,"acc":6,"spd":)" +
           std::to_string(speed) + R"(,"hdg":90,"m":"moving","nx":5000})";
  }
  std::unique_ptr<Client> device() {
    return nameless(R"(,"token":"{\"sub\":\"v17\",\"exp\":9999999999,\"pub\":[\"track:guards\"]}")");
  }
};

TEST_F(TracksTest, AReportIsAnsweredByWhenTheNextIsDueAndWhy) {
  const auto v17 = device();
  const auto answer = report(*v17, R"("r":[)" + fix(1, 3) + "]");
  EXPECT_EQ(answer["ok"]["ack"], 1);
  EXPECT_EQ(answer["ok"]["why"], "unwatched");
  EXPECT_EQ(answer["ok"]["next"], 26'666);
  EXPECT_EQ(answer["ok"]["rate"]["e"], 80);
}

TEST_F(TracksTest, WhoWatchesMakesADeviceReportOftener) {
  const auto v17 = device();
  report(*v17, R"("r":[)" + fix(1, 3) + "]");
  const auto ann = client("Ann");
  ask(*ann, R"({"i":2,"op":"sub","ch":"track:guards"})");
  const auto answer = report(*v17, R"("r":[)" + fix(2, 3) + "]");
  EXPECT_EQ(answer["ok"]["why"], "watched");
  EXPECT_EQ(answer["ok"]["next"], 6666);
}

TEST_F(TracksTest, AViewerGetsTheFixItsAgeAndThePromise) {
  const auto v17 = device();
  report(*v17, R"("r":[)" + fix(1) + "]");
  const auto ann = client("Ann");
  ann->connection.take();
  ask(*ann, R"({"i":2,"op":"sub","ch":"track:guards"})");
  const auto seen = ann->connection.take();
  ASSERT_EQ(seen.size(), 3u);
  const auto& record = seen[1]["r"][0];
  EXPECT_EQ(record["k"], "v17");
  EXPECT_EQ(record["q"], (json{100, 1}));
  EXPECT_EQ(record["age"], 1000) << "of the fix, not of the report";
  EXPECT_EQ(record["ttl"], 5000);
  EXPECT_EQ(record["d"]["lat"], 59.3293);
  EXPECT_EQ(record["d"]["m"], "moving");
}

TEST_F(TracksTest, ABacklogExtendsTheTrailAndNeverBecomesThePresent) {
  const auto v17 = device();
  EXPECT_EQ(report(*v17, R"("from":3,"r":[)" + fix(9) + "]")["ok"]["ack"], 2) << "3 to 8 are still to come";
  const auto ann = client("Ann");
  ask(*ann, R"({"i":2,"op":"sub","ch":"track:guards"})");
  ann->connection.take();
  EXPECT_EQ(report(*v17, R"("from":3,"bf":1,"r":[)" + fix(8) + "," + fix(7) + "]")["ok"]["ack"], 2);
  EXPECT_EQ(report(*v17, R"("from":3,"bf":1,"r":[)" + fix(6) + "," + fix(5) + "," + fix(4) + "," + fix(3) +
                             "]")["ok"]["ack"],
            9);
  for (const auto& message : ann->connection.take()) EXPECT_FALSE(message.contains("r")) << message;
  report(*v17, R"("r":[)" + fix(8) + "]");
  for (const auto& message : ann->connection.take()) EXPECT_FALSE(message.contains("r")) << message;
}

TEST_F(TracksTest, ADevicesClockMayBeWrong) {
  const auto v17 = device();
  report(*v17, R"("now":9000000,"r":[{"s":1,"t":8998000,"lat":1,"lon":2}])");
  const auto ann = client("Ann");
  ann->connection.take();
  ask(*ann, R"({"i":2,"op":"sub","ch":"track:guards"})");
  EXPECT_EQ(ann->connection.take()[1]["r"][0]["age"], 2000);
}

TEST_F(TracksTest, OnlyTheDeviceItselfOrAModeratorReportsForIt) {
  const auto other =
      nameless(R"(,"token":"{\"sub\":\"v18\",\"exp\":9999999999,\"pub\":[\"track:guards\"]}")");
  EXPECT_EQ(report(*other, R"("r":[)" + fix(1) + "]")["err"]["c"], 4034);
  const auto guest = client("Ann");
  EXPECT_EQ(report(*guest, R"("r":[)" + fix(1) + "]")["err"]["c"], 4034);
  const auto office = nameless(
      R"(,"token":"{\"sub\":\"hq\",\"exp\":9999999999,\"role\":\"moderator\",\"pub\":[\"track:guards\"]}")");
  EXPECT_TRUE(report(*office, R"("r":[)" + fix(1) + "]").contains("ok"));
}

TEST_F(TracksTest, RefusesPlacesThatAreNone) {
  const auto v17 = device();
  for (const auto* bad :
       {R"("lat":91,"lon":0)", R"("lat":0,"lon":181)", R"("lat":0)", R"("lat":"0","lon":0)"})
    EXPECT_EQ(report(*v17, std::string{R"("r":[{"s":1,"t":4000,)"} + bad + "}]")["err"]["c"], 4000) << bad;
}

}  // namespace
}  // namespace levee::realtime
