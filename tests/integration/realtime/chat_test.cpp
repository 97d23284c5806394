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

}  // namespace
}  // namespace levee::test
