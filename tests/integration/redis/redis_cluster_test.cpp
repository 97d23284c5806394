#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "redis/keys.hpp"
#include "redis/slots.hpp"
#include "redis_nodes.hpp"
#include "redis_server.hpp"

namespace levee::test {
namespace {

using namespace std::chrono_literals;
using realtime::BusState;

/// Two nodes on one cluster, of which they are told one server alone, and one that is none. The tests of a
/// program share the cluster.
class RedisClusterTest : public RedisNodes {
 protected:
  static void TearDownTestSuite() { cluster_.reset(); }

  RedisClusterTest() {
    if (!cluster_) cluster_ = std::make_unique<RedisCluster>();
    cluster_->flush();
    start("redis+cluster://127.0.0.1:1,127.0.0.1:" + cluster_->server(0).port());
  }
  ~RedisClusterTest() override { stop_all(); }

  static std::string meta(const std::string& channel) { return redis::Keys{"levee"}.meta(channel); }
  /// A channel whose keys this master has.
  static std::string on(std::size_t server, const std::string& prefix = "chat:") {
    for (int i = 0;; ++i) {
      auto channel = prefix + "c" + std::to_string(i);
      if (cluster_->owner(meta(channel)) == server) return channel;
    }
  }
  /// How many commands were not taken by the server that they were sent to first.
  std::uint64_t redirects() const {
    constexpr std::string_view kName = "\nlevee_redis_redirects_total ";
    std::uint64_t all = 0;
    for (const auto& bus : buses_) {
      MetricsText metrics;
      bus->write_metrics(metrics);
      const auto text = metrics.text();
      all += std::stoull(text.substr(text.find(kName) + kName.size()));
    }
    return all;
  }

  inline static std::unique_ptr<RedisCluster> cluster_;
};

LEVEE_BUS_CONTRACT(RedisClusterTest)

TEST_F(RedisClusterTest, FindsTheSlotsThatTheServersFind) {
  for (const auto* key : {"foo", "{a}b", "{}a", "", "levee:{chat:a}:m", "x{chat:a"}) {
    if (*key == '\0') continue;  // an inline command has no empty word
    EXPECT_EQ(cluster_->server(0).ask(std::string{"CLUSTER KEYSLOT "} + key),
              ":" + std::to_string(redis::slot_of(key)) + "\r\n");
  }
}

TEST_F(RedisClusterTest, KeepsEachChannelOnTheMasterThatHasIt) {
  for (std::size_t i = 0; i < RedisCluster::kMasters; ++i) {
    const auto channel = on(i);
    const auto there = subscribed(1, channel);
    ASSERT_TRUE(publish(*end(0), "x", "", channel));
    ASSERT_TRUE(wait_until([&] { return there->top == 1; }));
    EXPECT_EQ(cluster_->server(i).ask("EXISTS " + meta(channel)), ":1\r\n");
  }
  EXPECT_EQ(redirects(), 0u) << "all was known beforehand";
}

/// Publishes without a pause, and notes what was acknowledged.
class Traffic {
 public:
  Traffic(BusEnd& end, std::string channel, std::string name)
      : end_{end}, channel_{std::move(channel)}, name_{std::move(name)} {
    next();
  }
  void end() { ended_ = true; }
  bool idle() const { return idle_; }
  std::vector<std::string> taken;
  int refused = 0;

 private:
  void next() {
    idle_ = ended_;
    if (ended_) return;
    realtime::Publication publication;
    publication.body = name_ + std::to_string(++count_);
    publication.id = publication.body;
    publication.time_ms = 1000;
    const auto body = publication.body;
    end_.client->publish(channel_, publication, [this, body](const Result<realtime::Published>& result) {
      if (result) {
        taken.push_back(body);
      } else {
        ++refused;
      }
      next();
    });
  }

  BusEnd& end_;
  std::string channel_;
  std::string name_;
  int count_ = 0;
  bool ended_ = false;
  bool idle_ = false;
};

TEST_F(RedisClusterTest, LosesNothingWhileASlotMovesUnderTraffic) {
  const auto channel = on(1);
  const auto here = subscribed(0, channel);
  const auto there = subscribed(1, channel);
  Traffic ann{*here, channel, "a"};
  Traffic bo{*there, channel, "b"};
  ASSERT_TRUE(wait_until([&] { return ann.taken.size() > 20 && bo.taken.size() > 20; }));
  const auto epoch = here->epoch;
  for (const std::size_t to : {2, 1}) {  // there, and back again
    const auto before = redirects();
    cluster_->begin_move(meta(channel), to);
    while (cluster_->move_keys(20) > 0) let_pass(5ms);
    let_pass(100ms);  // all keys are there, and the slot is still here: ASK
    cluster_->finish_move();
    const auto so_far = ann.taken.size();
    ASSERT_TRUE(wait_until([&] { return ann.taken.size() > so_far + 20; }));
    EXPECT_GT(redirects(), before);
  }
  ann.end();
  bo.end();
  ASSERT_TRUE(wait_until([&] { return ann.idle() && bo.idle(); }));
  EXPECT_EQ(ann.refused + bo.refused, 0);
  const auto all = ann.taken.size() + bo.taken.size();
  ASSERT_TRUE(wait_until([&] { return here->top == all && there->top == all; }));
  EXPECT_EQ(here->bodies.size(), all) << "each once";
  EXPECT_EQ(here->bodies, there->bodies);
  std::vector<std::string> of_ann;
  for (const auto& body : there->bodies) {
    if (body.starts_with('a')) of_ann.push_back(body);
  }
  EXPECT_EQ(of_ann, ann.taken);
  EXPECT_EQ(here->epoch, epoch);
}

TEST_F(RedisClusterTest, AsksTheServerThatASlotIsMovingTo) {
  const auto channel = on(0, "feed:");
  const auto here = end(0);
  ASSERT_TRUE(put(*here, {{"k", {1, 1}, 1, "", "{}"}}, channel));
  cluster_->begin_move(meta(channel), 1);
  ASSERT_EQ(cluster_->move_keys(50), 0u);
  // The slot is still the first one's by the map, and its keys are all at the second.
  const auto before = redirects();
  for (std::uint64_t i = 2; i <= 5; ++i) {
    const auto result = put(*here, {{"k", {1, i}, 1, "", "{}"}}, channel);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->taken, 1u);
    EXPECT_EQ(result->position.offset, i);
  }
  EXPECT_GE(redirects(), before + 4) << "each anew: nothing was said for good";
  cluster_->finish_move();
  const auto moved = put(*here, {{"k", {1, 6}, 1, "", "{}"}}, channel);
  ASSERT_TRUE(moved);
  EXPECT_EQ(moved->position.offset, 6u);
  cluster_->begin_move(meta(channel), 0);
  cluster_->finish_move();
}

TEST_F(RedisClusterTest, SaysThatAKeyIsOnItsWayWhenThatTakesTooLong) {
  const auto channel = on(2);
  const auto here = end(0);
  ASSERT_TRUE(publish(*here, "1", "", channel));
  cluster_->begin_move(meta(channel), 0);
  const auto refused = publish(*here, "2", "ann/2", channel);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), Errc::bus_down);
  cluster_->finish_move();
  const auto again = publish(*here, "2", "ann/2", channel);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->position.offset, 2u);
  cluster_->begin_move(meta(channel), 2);
  cluster_->finish_move();
}

TEST_F(RedisClusterTest, KeepsTheOrderOfWhatIsSaidWhileASlotMoves) {
  const auto channel = on(1, "presence:");
  const auto watching = subscribed(1, channel);
  const auto here = end(0);
  here->client->change_members(channel, {{{"ann", "{}"}}, {}});
  ASSERT_TRUE(wait_until([&] { return watching->members == 1; }));
  cluster_->begin_move(meta(channel), 0);
  cluster_->move_keys(1);
  for (int i = 0; i < 5; ++i) {
    here->client->change_members(channel, {{}, {"ann"}});
    here->client->change_members(channel, {{{"ann", R"({"n":)" + std::to_string(i) + "}"}}, {}});
  }
  let_pass(150ms);
  cluster_->finish_move();
  ASSERT_TRUE(wait_until([&] {
    const auto late = subscribed(0, channel);
    const auto& members = late->resets.back()->members;
    return members.size() == 1 && members.front().info == R"({"n":4})";
  }));
  cluster_->begin_move(meta(channel), 1);
  cluster_->finish_move();
}

/// The cluster is another one after each of these.
class LostMasterTest : public RedisClusterTest {
 protected:
  void TearDown() override {
    stop_all();
    for (auto& bus : buses_) bus.reset();
    cluster_.reset();
  }
};

TEST_F(LostMasterTest, WhatALostMasterHadIsRefusedAndTheRestGoesOn) {
  const auto lost = on(1);
  const auto kept = on(0);
  const auto lost_count = on(1, "count:");
  const auto kept_count = on(0, "count:");
  const auto here = subscribed(0, kept);
  const auto there = subscribed(1, kept);
  const auto there_lost = subscribed(1, lost);
  const auto counting = subscribed(0, lost_count);
  const auto counting_on = subscribed(0, kept_count);
  bus(0).set_count(lost_count, 2, 1);
  bus(1).set_count(lost_count, 3, 1);
  bus(0).set_count(kept_count, 2, 1);
  bus(1).set_count(kept_count, 3, 1);
  ASSERT_TRUE(publish(*here, "1", "", lost));
  ASSERT_TRUE(publish(*here, "1", "", kept));
  ASSERT_TRUE(
      wait_until([&] { return counting->value == R"({"n":5})" && counting_on->value == R"({"n":5})"; }));
  const auto epoch = there_lost->epoch;

  cluster_->server(1).kill();
  ASSERT_TRUE(wait_until([&] { return counting->resets.back()->partial; }));
  const auto refused = publish(*here, "2", "", lost);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), Errc::bus_down);
  EXPECT_EQ(counting->resets.back()->value->body, R"({"n":2})") << "what this node knows";
  // The one that was lost may have been the one that passed on what is published.
  ASSERT_TRUE(wait_until([&] { return both(BusState::up); }));
  ASSERT_TRUE(wait_until([&] { return !counting_on->resets.back()->partial; }));
  ASSERT_TRUE(publish(*here, "2", "", kept));
  ASSERT_TRUE(wait_until([&] { return there->bodies.size() == 2 && here->bodies.size() == 2; }));
  EXPECT_EQ(counting_on->value, R"({"n":5})");

  cluster_->server(1).start();  // and has forgotten all but its slots
  ASSERT_TRUE(wait_until([&] { return there_lost->epoch != epoch; }, 15s)) << "a new epoch says so";
  ASSERT_TRUE(publish(*here, "3", "", lost));
  EXPECT_TRUE(wait_until([&] { return there_lost->bodies.back() == "3"; }, 10s));
  EXPECT_TRUE(
      wait_until([&] { return counting->value == R"({"n":5})" && !counting->resets.back()->partial; }));
}

TEST_F(LostMasterTest, GoesOnWithTheReplicaThatTakesOver) {
  const auto channel = on(2);
  const auto presence = on(2, "presence:");
  const auto here = subscribed(0, channel);
  const auto there = subscribed(1, channel);
  const auto watching = subscribed(1, presence);
  here->client->change_members(presence, {{{"ann", "{}"}}, {}});
  for (int i = 1; i <= 5; ++i) ASSERT_TRUE(publish(*here, std::to_string(i), "", channel));
  ASSERT_TRUE(wait_until([&] { return there->top == 5 && watching->members == 1; }));
  const auto epoch = here->epoch;
  let_pass(200ms);  // it is told to the replica later than to us

  cluster_->server(2).kill();
  ASSERT_FALSE(publish(*here, "6", "ann/6", channel));
  ASSERT_TRUE(wait_until([&] { return publish(*here, "6", "ann/6", channel).has_value(); }, 20s));
  ASSERT_TRUE(publish(*there, "7", "", channel));
  ASSERT_TRUE(wait_until([&] { return here->top == 7 && there->top == 7; }));
  EXPECT_EQ(there->bodies, (std::vector<std::string>{"1", "2", "3", "4", "5", "6", "7"}));
  EXPECT_EQ(here->epoch, epoch) << "the replica had the log";
  EXPECT_TRUE(wait_until([&] { return !watching->resets.back()->partial && watching->members == 1; }));
  EXPECT_EQ(cluster_->replica().ask("EXISTS " + meta(channel)), ":1\r\n");
}

class SecureClusterTest : public RedisNodes {
 protected:
  ~SecureClusterTest() override { stop_all(); }

  RedisServer server_{RedisServer::Mode::tls_cluster,
                      {"--requirepass", "pw", "--cluster-announce-hostname", "localhost",
                       "--cluster-preferred-endpoint-type", "hostname"}};
};

TEST_F(SecureClusterTest, SpeaksTlsAndSaysThePasswordToEachServer) {
  const auto command = "redis-cli --tls --cacert " + server_.certificate() + " -h localhost -p " +
                       server_.port() + " --no-auth-warning -a pw CLUSTER ADDSLOTSRANGE 0 16383 > /dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0);
  start("rediss+cluster://:pw@localhost:" + server_.port(), server_.certificate());
  const auto there = subscribed(1, "chat:a");
  const auto here = end(0);
  ASSERT_TRUE(wait_until([&] { return publish(*here, "1").has_value(); }))
      << "it takes a moment until it serves";
  ASSERT_TRUE(wait_until([&] { return there->top == 1; }));
}

}  // namespace
}  // namespace levee::test
