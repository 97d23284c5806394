#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "levee/delivery/realtime_identities.hpp"
#include "levee/realtime/memory_bus.hpp"
#include "levee/runtime/shard.hpp"

#include "upgrade_host.hpp"
#include "websocket_client.hpp"

namespace levee::test {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

class RealtimeOverSockets : public testing::Test {
 protected:
  RealtimeOverSockets() { shards_.start(); }
  ~RealtimeOverSockets() override {
    host_.reset();
    shards_.stop();
  }

  static std::string subscribe(int number, const std::string& channel, const std::string& more = "") {
    return R"({"i":)" + std::to_string(number) + R"(,"op":"sub","ch":")" + channel + '"' + more + "}";
  }
  static std::string say(int number, const std::string& text) {
    return R"({"i":)" + std::to_string(number) + R"(,"op":"pub","ch":"chat:show","id":"m)" +
           std::to_string(number) + R"(","d":{"text":")" + text + R"("}})";
  }

  runtime::ShardPool shards_{2};
  realtime::MemoryBus bus_{"epoch"};
  delivery::RealtimeIdentities identities_{"secret"};
  std::optional<UpgradeHost> host_{std::in_place, bus_, identities_, shards_};
};

TEST_F(RealtimeOverSockets, TwoClientsOnTwoShardsChat) {
  WebSocketClient ann{host_->port()};
  WebSocketClient bo{host_->port()};
  const auto hello = ann.hello("Ann");
  bo.hello("Bo");
  ann.send(subscribe(1, "chat:show"));
  bo.send(subscribe(1, "chat:show"));
  EXPECT_EQ(ann.expect("ok")["ok"]["recovered"], false);
  bo.expect("ok");

  ann.send(say(2, "hi there"));

  const auto pushed = bo.expect("d");
  EXPECT_EQ(pushed["ch"], "chat:show");
  EXPECT_EQ(pushed["o"], 1);
  EXPECT_EQ(pushed["d"], (json{{"u", hello["sid"]}, {"id", "m2"}, {"nick", "Ann"}, {"text", "hi there"}}));
  json seen = json::array();
  for (int i = 0; i < 2; ++i) seen.push_back(ann.receive().value_or(json{}).value("o", 0));
  EXPECT_NE(std::find(seen.begin(), seen.end(), 1), seen.end()) << "its own message reaches the sender too";
}

TEST_F(RealtimeOverSockets, WhoComesBackIsGivenWhatItMissedOnce) {
  WebSocketClient ann{host_->port()};
  ann.hello("Ann");
  std::optional<WebSocketClient> bo{std::in_place, host_->port()};
  const auto before = bo->hello("Bo");
  bo->send(subscribe(1, "chat:show"));
  const auto start = bo->expect("ok")["ok"];
  ann.send(say(1, "one"));
  EXPECT_EQ(bo->expect("d")["o"], 1);
  bo->cut();
  ann.send(say(2, "two"));
  ann.expect("ok");
  ann.send(say(3, "three"));
  ann.expect("ok");

  bo.emplace(host_->port());
  const auto after =
      bo->hello("Bo", R"(,"resume":)" + before["resume"].dump() +
                          R"(,"subs":[{"ch":"chat:show","pos":{"e":)" + start["e"].dump() + R"(,"o":1}}])");

  EXPECT_EQ(after["sid"], before["sid"]);
  EXPECT_EQ(after["resumed"], true);
  const auto sync = bo->expect("sync")["sync"];
  EXPECT_EQ(sync["recovered"], true);
  EXPECT_EQ(sync["o"], 3);
  EXPECT_EQ(bo->receive().value()["d"]["text"], "two");
  EXPECT_EQ(bo->receive().value()["d"]["text"], "three");
  EXPECT_FALSE(bo->receive(300ms));
}

TEST_F(RealtimeOverSockets, CountsAndMembersReachThoseWhoWatch) {
  WebSocketClient ann{host_->port()};
  ann.hello("Ann");
  ann.send(subscribe(1, "count:show"));
  EXPECT_FALSE(ann.expect("ok")["ok"].contains("d"));
  bus_.set_count("count:show", 7, 1000);
  EXPECT_EQ(ann.expect("d")["d"]["n"], 7);

  ann.send(subscribe(2, "presence:show"));
  ann.expect("ok");
  EXPECT_EQ(ann.expect("+")["+"][0][1]["nick"], "Ann");
}

TEST_F(RealtimeOverSockets, AtTheEndEveryClientIsToldWhenToComeBack) {
  WebSocketClient ann{host_->port()};
  ann.hello("Ann");
  std::thread stopping{[&] { host_->stop(); }};
  const auto bye = ann.expect("bye")["bye"];
  EXPECT_EQ(bye["c"], 1012);
  EXPECT_EQ(bye["retry"].size(), 2u);
  EXPECT_FALSE(ann.receive());
  EXPECT_EQ(ann.close_code(), 1012);
  stopping.join();
}

TEST_F(RealtimeOverSockets, AnUnknownProtocolVersionIsClosedForGood) {
  WebSocketClient old{host_->port()};
  old.send(R"({"op":"hello","v":2})");
  EXPECT_FALSE(old.receive());
  EXPECT_EQ(old.close_code(), 4501);
}

TEST_F(RealtimeOverSockets, AfterAPlannedRestartTheyGoOnWhereTheyWere) {
  std::optional<WebSocketClient> ann{std::in_place, host_->port()};
  const auto before = ann->hello("Ann");
  ann->send(subscribe(1, "chat:show"));
  const auto start = ann->expect("ok")["ok"];
  ann->send(say(2, "one"));
  ann->expect("d");
  ann.reset();
  host_.reset();
  const auto saved = bus_.save(Clock::now(), 1000);

  realtime::MemoryBus next{"another epoch"};
  ASSERT_TRUE(next.restore(saved, Clock::now(), 2000));
  UpgradeHost restarted{next, identities_, shards_};
  WebSocketClient again{restarted.port()};
  const auto after = again.hello("Ann", R"(,"resume":)" + before["resume"].dump() +
                                            R"(,"subs":[{"ch":"chat:show","pos":{"e":)" + start["e"].dump() +
                                            R"(,"o":0}}])");
  EXPECT_EQ(after["sid"], before["sid"]);
  EXPECT_EQ(again.expect("sync")["sync"]["recovered"], true);
  EXPECT_EQ(again.expect("d")["d"]["text"], "one");
  again.send(say(2, "one"));
  EXPECT_EQ(again.expect("ok")["ok"]["dup"], true) << "sent again, for the answer may have been lost";
}

TEST_F(RealtimeOverSockets, InAStormThoseWhoWereHereGoFirst) {
  host_.reset();
  delivery::RealtimeSettings narrow;
  narrow.hub.hellos = {.resume = 1000, .known = 2, .cold = 2};  // of the node: one for each shard
  host_.emplace(bus_, identities_, shards_, narrow);
  const auto resume = identities_.resume_token({"s1", {}}, std::int64_t{1} << 52);
  int waiting = 0;
  for (int i = 0; i < 8; ++i) {
    WebSocketClient cold{host_->port()};
    cold.send(R"({"op":"hello"})");
    const auto answer = cold.receive().value();
    if (!answer.contains("err")) continue;
    ++waiting;
    EXPECT_EQ(answer["err"]["c"], 5031);
    WebSocketClient known{host_->port()};
    EXPECT_EQ(known.hello("Bo", R"(,"resume":")" + resume + '"')["resumed"], true);
    if (waiting > 1) continue;
    std::this_thread::sleep_for(std::chrono::milliseconds{answer["err"]["retry"][1].get<int>()});
    cold.send(R"({"op":"hello"})");
    cold.expect("hello");
  }
  EXPECT_GT(waiting, 0);
}

}  // namespace
}  // namespace levee::test
