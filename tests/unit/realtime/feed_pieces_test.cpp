#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "feeds_fixture.hpp"

// What is too much for one frame.
namespace levee::realtime {
namespace {

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

/// A feed of 900 keys that have all been said, and of which nothing is live yet.
class LargeFeedTest : public FeedsTest {
 protected:
  static constexpr std::size_t kKeys = 900;

  std::unique_ptr<Client> large_source() {
    auto fx = source();
    for (std::size_t i = 0; i < kKeys; ++i) {
      tell(*fx, "KEY" + std::to_string(i), 1, static_cast<int>(i));
      pass(10ms);
    }
    return fx;
  }
  /// Takes what came, as one does that follows the positions, and gives where it then stands.
  static int follow(Client& of, int at, std::map<std::string, json>& held) {
    for (const auto& message : of.connection.take()) {
      if (!message.contains("p")) continue;
      EXPECT_EQ(message["p"], at);
      at = message["o"];
      for (const auto& record : message["r"]) held[record["k"].get<std::string>()] = record;
    }
    return at;
  }
};

TEST_F(LargeFeedTest, WhatOneMessageChangedOfManyKeysComesInPiecesToo) {
  const auto fx = large_source();
  const auto ann = watcher();
  const auto bo = watcher();
  const auto at = ann->connection.take().back()["sync"]["o"].get<int>();
  bo->connection.take();
  ann->connection.pushed.clear();
  bo->connection.pushed.clear();
  state(*fx, "synced");
  EXPECT_GT(ann->connection.pushed.size(), 1u);
  EXPECT_EQ(ann->connection.pushed, bo->connection.pushed) << "the same bytes for all";
  for (const auto& frame : ann->connection.pushed) EXPECT_LT(frame->size(), 20'000u);
  std::map<std::string, json> held;
  EXPECT_EQ(follow(*ann, at, held), at + 1) << "at the end alone: before it one stands where one stood";
  EXPECT_EQ(held.size(), kKeys);
  for (const auto& [key, record] : held) EXPECT_FALSE(record.contains("x")) << key;
}

TEST_F(LargeFeedTest, WhatChangesWhileThePiecesComeIsAmongThem) {
  const auto fx = large_source();
  const auto ann = watcher();
  const auto at = ann->connection.take().back()["sync"]["o"].get<int>();
  ann->connection.stops_after = 2;
  const auto publisher = bus_.attach(context_, hub_);
  std::vector<Record> records;
  const auto body = R"({"b":1,"more":")" + std::string(60, 'x') + "\"}";
  for (std::size_t i = 0; i < kKeys; ++i)
    records.push_back(
        to_record(FeedKey{"KEY" + std::to_string(i), {100, 2}, 5000, 4000ms, KeyMark::none, 0, body}));
  publisher->put("feed:fx", std::move(records), [](const auto&) {});
  settle();
  std::map<std::string, json> held;
  EXPECT_EQ(follow(*ann, at, held), at);
  EXPECT_LT(held.size(), kKeys);
  tell(*fx, "KEY0", 3, 7777);
  tell(*fx, "KEY899", 3, 8888);
  ann->connection.stopped_up = false;
  ann->session->writable();
  settle();
  EXPECT_EQ(follow(*ann, at, held), at + 3);
  EXPECT_EQ(held.size(), kKeys);
  EXPECT_EQ(held["KEY0"]["d"]["b"], 7777);
  EXPECT_EQ(held["KEY899"]["d"]["b"], 8888);
  tell(*fx, "KEY1", 3, 9999);
  EXPECT_EQ(follow(*ann, at + 3, held), at + 4);
  EXPECT_EQ(held["KEY1"]["d"]["b"], 9999);
}

}  // namespace
}  // namespace levee::realtime
