#include "levee/redis/redis_bus.hpp"

#include "redis/keys.hpp"
#include "redis_nodes.hpp"
#include "redis_server.hpp"

namespace levee::test {
namespace {

using namespace std::chrono_literals;
using realtime::BusState;
using redis::RedisBus;

class RedisBusTest : public RedisNodes {
 protected:
  RedisBusTest() { start("redis://127.0.0.1:" + server_.port()); }
  ~RedisBusTest() override { stop_all(); }

  RedisServer server_;
};

LEVEE_BUS_CONTRACT(RedisBusTest)

TEST_F(RedisBusTest, SumsTheCountsOfAllNodes) {
  const auto here = subscribed(0, "count:a");
  bus(0).set_count("count:a", 7, 1);
  bus(1).set_count("count:a", 5, 1);
  ASSERT_TRUE(wait_until([&] { return here->value == R"({"n":12})"; }));
  bus(1).set_count("count:a", 0, 1);
  ASSERT_TRUE(wait_until([&] { return here->value == R"({"n":7})"; }));
}

TEST_F(RedisBusTest, ANodeThatDiesLeavesNoGhosts) {
  const auto here = subscribed(0, "count:a");
  const auto watching = subscribed(0, "presence:a");
  // Nobody renews the leases of this one: it speaks for a moment, and is heard no more.
  auto dying = std::make_unique<RedisBus>(context, settings("dying"));
  dying->start();
  ASSERT_TRUE(wait_until([&] { return dying->state() == BusState::up; }));
  auto end = std::make_unique<BusEnd>(*dying, context);
  dying->set_count("count:a", 3, 1);
  end->client->change_members("presence:a", {{{"ann", "{}"}}, {}});
  ASSERT_TRUE(wait_until([&] { return watching->members == 1 && here->value == R"({"n":3})"; }));
  stop(*dying);
  // Two seconds, and what a busy machine takes.
  EXPECT_TRUE(wait_until([&] { return here->value == R"({"n":0})"; }, 3500ms));
  EXPECT_TRUE(wait_until([&] { return watching->members == 0; }, 12s));
}

TEST_F(RedisBusTest, RefusesToPublishWhileTheServerIsAwayAndGoesOnWhenItIsBack) {
  const auto here = subscribed(0, "chat:a");
  const auto there = subscribed(1, "chat:a");
  ASSERT_TRUE(publish(*here, "1"));
  const auto before = here->epoch;
  server_.kill();
  ASSERT_TRUE(wait_until([&] { return both(BusState::down); }));
  const auto refused = publish(*here, "lost");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), Errc::bus_down);

  server_.start();
  ASSERT_TRUE(wait_until([&] { return both(BusState::up); }));
  ASSERT_TRUE(wait_until([&] { return here->epoch != before && there->epoch != before; }))
      << "the server came back empty: a new epoch says so";
  ASSERT_TRUE(publish(*here, "2"));
  ASSERT_TRUE(wait_until([&] { return !there->bodies.empty() && there->bodies.back() == "2"; }));
}

TEST_F(RedisBusTest, BeginsANewEpochOnAServerThatCameBackEmptyThoughNothingWasSeenOfTheOld) {
  const auto here = subscribed(0, "chat:a");
  const auto before = here->epoch;
  server_.kill();
  ASSERT_TRUE(wait_until([&] { return both(BusState::down); }));
  server_.start();
  EXPECT_TRUE(wait_until([&] { return here->epoch != before; }));
}

TEST_F(RedisBusTest, TellsWhatThisNodeKnowsWhileTheServerIsAway) {
  const auto counts = subscribed(0, "count:a");
  const auto members = subscribed(0, "presence:a");
  bus(0).set_count("count:a", 2, 1);
  bus(1).set_count("count:a", 3, 1);
  members->client->change_members("presence:a", {{{"ann", "{}"}}, {}});
  ASSERT_TRUE(wait_until([&] { return counts->value == R"({"n":5})"; }));
  server_.kill();
  ASSERT_TRUE(wait_until([&] { return counts->resets.back()->partial && members->resets.back()->partial; }));
  EXPECT_EQ(counts->resets.back()->value->body, R"({"n":2})");
  EXPECT_EQ(members->resets.back()->member_count, 1u);
  bus(0).set_count("count:a", 4, 1);
  ASSERT_TRUE(wait_until([&] { return counts->resets.back()->value->body == R"({"n":4})"; }));

  server_.start();
  ASSERT_TRUE(
      wait_until([&] { return !counts->resets.back()->partial && !members->resets.back()->partial; }));
  const auto newest = [&] {
    return counts->messages.empty() ? std::string{} : counts->messages.back()->body;
  };
  EXPECT_TRUE(wait_until([&] {
    return newest() == R"({"n":7})" ||
           (counts->resets.back()->value && counts->resets.back()->value->body == R"({"n":7})");
  })) << newest();
}

TEST_F(RedisBusTest, SaysThatItCannotTellTrailsWhileTheServerIsAway) {
  const auto here = end(0);
  ASSERT_FALSE(extend(*here, "v1", {place(1, 1000)}));
  server_.kill();
  ASSERT_TRUE(wait_until([&] { return both(BusState::down); }));
  EXPECT_EQ(extend(*here, "v1", {place(2, 2000)}), Errc::bus_down);
  EXPECT_EQ(trails(0, "v1").error(), Errc::bus_down);
  EXPECT_EQ(trails(0, "").error(), Errc::bus_down);
}

TEST_F(RedisBusTest, AMemberThatLeftWhileTheServerStoodStillIsNoGhost) {
  const auto watching = subscribed(1, "presence:a");
  const auto here = end(0);
  here->client->change_members("presence:a", {{{"ann", "{}"}, {"bo", "{}"}}, {}});
  ASSERT_TRUE(wait_until([&] { return watching->members == 2; }));
  server_.freeze();
  here->client->change_members("presence:a", {{}, {"ann"}});
  ASSERT_TRUE(wait_until([&] { return both(BusState::down); }));
  here->client->change_members("presence:a", {{{"cy", "{}"}}, {"bo"}});
  server_.thaw();
  // Ann's leaving may have been read by the server as it woke: for a moment bo alone is there.
  EXPECT_TRUE(wait_until(
      [&] {
        const auto late = subscribed(1, "presence:a");
        const auto& members = late->resets.back()->members;
        return members.size() == 1 && members.front().id == "cy";
      },
      8s));
  EXPECT_TRUE(wait_until([&] { return watching->members == 1 && !watching->resets.back()->partial; }));
}

TEST_F(RedisBusTest, CatchesUpAfterAServerThatStoodStill) {
  const auto here = subscribed(0, "chat:a");
  const auto there = subscribed(1, "chat:a");
  ASSERT_TRUE(publish(*here, "1"));
  server_.freeze();
  const auto unknown = publish(*here, "2", "ann/2");
  EXPECT_FALSE(unknown);
  server_.thaw();
  ASSERT_TRUE(wait_until([&] { return both(BusState::up); }));
  const auto again = publish(*here, "2", "ann/2");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->position.offset, 2u) << "once, whether or not the first one got through";
  ASSERT_TRUE(publish(*here, "3"));
  ASSERT_TRUE(wait_until([&] { return here->top == 3 && there->top == 3; }));
  EXPECT_EQ(there->bodies, (std::vector<std::string>{"1", "2", "3"}));
}

TEST_F(RedisBusTest, BeginsANewEpochWhenTheServerIsFlushedInMidRun) {
  const auto here = subscribed(0, "chat:a");
  const auto there = subscribed(1, "chat:a");
  for (int i = 1; i <= 5; ++i) ASSERT_TRUE(publish(*here, std::to_string(i)));
  ASSERT_TRUE(wait_until([&] { return there->top == 5; }));
  const auto before = here->epoch;
  EXPECT_EQ(server_.ask("FLUSHALL"), "+OK\r\n");
  const auto after = publish(*there, "6");
  ASSERT_TRUE(after);
  EXPECT_NE(after->position.epoch, before);
  EXPECT_EQ(after->position.offset, 1u);
  ASSERT_TRUE(wait_until([&] { return here->epoch == after->position.epoch && here->top == 1; }));
  ASSERT_TRUE(wait_until([&] { return there->epoch == after->position.epoch && there->top == 1; }));
}

TEST_F(RedisBusTest, SeesByItselfThatTheServerWasFlushed) {
  const auto here = subscribed(0, "chat:a");
  ASSERT_TRUE(publish(*here, "1"));
  ASSERT_TRUE(wait_until([&] { return here->top == 1; }));
  const auto before = here->epoch;
  server_.ask("FLUSHALL");
  EXPECT_TRUE(wait_until([&] { return here->epoch != before; }, 10s)) << "nobody says anything any more";
}

TEST_F(RedisBusTest, FindsALastMessageThatWasLostOnItsWay) {
  const auto here = subscribed(0, "chat:a");
  ASSERT_TRUE(publish(*here, "1"));
  ASSERT_TRUE(wait_until([&] { return here->top == 1; }));
  // Appended as the script does, but told to nobody.
  const std::string script =
      "redis.call('HINCRBY',KEYS[1],'s',1) return redis.call('XADD',KEYS[2],'2-0','t','1','d','2')";
  ASSERT_EQ(server_.ask("EVAL \"" + script + "\" 2 " + redis::Keys{"levee"}.meta("chat:a") + " " +
                        redis::Keys{"levee"}.stream("chat:a")),
            "$3\r\n2-0\r\n");
  EXPECT_TRUE(wait_until([&] { return here->top == 2; }, 10s));
  EXPECT_EQ(here->bodies.back(), "2");
}

TEST_F(RedisBusTest, RefusesToPublishWhileTheServerIsFullAndGoesOnWhenItIsNot) {
  const auto here = subscribed(0, "chat:a");
  ASSERT_TRUE(publish(*here, "1"));
  EXPECT_EQ(server_.ask("CONFIG SET maxmemory 1"), "+OK\r\n");
  const auto refused = publish(*here, "2", "ann/2");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), Errc::bus_down);
  EXPECT_EQ(here->epoch, subscribed(0, "chat:a")->epoch) << "what is there can still be read";
  EXPECT_EQ(server_.ask("CONFIG SET maxmemory 0"), "+OK\r\n");
  const auto again = publish(*here, "2", "ann/2");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->position.offset, 2u);
  ASSERT_TRUE(wait_until([&] { return here->top == 2; }));
}

TEST_F(RedisBusTest, GoesOnWhenTheServerForgetsTheScripts) {
  const auto here = subscribed(0, "chat:a");
  ASSERT_TRUE(publish(*here, "1"));
  EXPECT_EQ(server_.ask("SCRIPT FLUSH"), "+OK\r\n");
  const auto after = publish(*here, "2");
  ASSERT_TRUE(after);
  EXPECT_EQ(after->position.offset, 2u);
}

TEST_F(RedisBusTest, KeepsARunningBanOverAServerThatStoodStill) {
  const auto here = subscribed(0, "chat:a");
  realtime::Publication ban{"", "{}", 1000, "mod", realtime::Standing::moderator, realtime::RuleChange{}};
  ban.change->user = "bo";
  ban.change->ban_s = realtime::RuleChange::kForGood;
  ASSERT_TRUE(say(*here, ban));
  server_.freeze();
  EXPECT_TRUE(wait_until([&] { return both(BusState::down); }));
  server_.thaw();
  ASSERT_TRUE(wait_until([&] { return both(BusState::up); }));
  const auto refused = say(*here, {"", "x", 1000, "bo", realtime::Standing::viewer, {}});
  ASSERT_TRUE(refused && refused->refusal);
  EXPECT_EQ(refused->refusal->error, Errc::banned);
}

class OneRedisBusTest : public RedisBusTest {
 protected:
  /// Connects one more bus, to where `url` says.
  bool connects(const std::string& url, const std::string& ca_file = "") {
    auto to_there = settings("other");
    to_there.address = redis::parse_url(url).value();
    to_there.ca_file = ca_file;
    RedisBus other{context, to_there};
    other.start();
    const bool connected = wait_until([&] { return other.state() == BusState::up; }, 2s);
    stop(other);
    return connected;
  }
};

TEST_F(OneRedisBusTest, SpeaksTlsToAServerWhoseCertificateIsGood) {
  const RedisServer secure{RedisServer::Mode::tls};
  EXPECT_TRUE(connects("rediss://localhost:" + secure.port(), secure.certificate()));
  EXPECT_FALSE(connects("rediss://127.0.0.1:" + secure.port(), secure.certificate())) << "another name";
  EXPECT_FALSE(connects("rediss://localhost:" + secure.port())) << "signed by nobody we trust";
}

TEST_F(OneRedisBusTest, AsksTheSentinelsWhereTheMasterIs) {
  const RedisSentinel sentinel{server_};
  EXPECT_TRUE(connects("redis+sentinel://127.0.0.1:" + sentinel.port() + "/main"));
  EXPECT_TRUE(connects("redis+sentinel://127.0.0.1:1,127.0.0.1:" + sentinel.port() + "/main"))
      << "the first of them is dead";
  EXPECT_FALSE(connects("redis+sentinel://127.0.0.1:" + sentinel.port() + "/other"));
}

}  // namespace
}  // namespace levee::test
