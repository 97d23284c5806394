#include "levee/realtime/hub.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hub_fixture.hpp"

namespace levee::realtime {
namespace {

using testing::ElementsAre;

TEST_F(HubTest, AsksForHelloFirst) {
  Client client{hub_};
  ask(client, R"({"i":1,"op":"sub","ch":"chat:a"})");
  EXPECT_EQ(client.connection.take()[0]["err"]["c"], 4001);
  ask(client, R"({"op":"hello"})");
  EXPECT_EQ(client.connection.take()[0]["hello"]["sid"], "s1");
  ask(client, R"({"i":2,"op":"hello"})");
  EXPECT_EQ(client.connection.take()[0]["err"]["c"], 4001);
}

TEST_F(HubTest, ClosesForGoodOnAnUnknownVersion) {
  Client client{hub_};
  ask(client, R"({"op":"hello","v":2})");
  EXPECT_EQ(client.connection.closed, 4501);
}

TEST_F(HubTest, GivesAChatMessageToAllWithOneSharedFrame) {
  const auto ann = client("Ann");
  const auto bo = client("Bo");
  ask(*ann, R"({"i":1,"op":"sub","ch":"chat:a"})");
  ask(*bo, R"({"i":1,"op":"sub","ch":"chat:a"})");
  ann->connection.take();
  bo->connection.take();
  ann->connection.pushed.clear();
  bo->connection.pushed.clear();
  say(*ann, "hi", "m1");
  const auto seen = bo->connection.take();
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0]["d"], (json{{"u", "s1"}, {"id", "m1"}, {"nick", "Ann"}, {"text", "hi"}}));
  EXPECT_THAT(ann->connection.pushed, testing::Contains(bo->connection.pushed.back()));
}

TEST_F(HubTest, AnAnswerToAPublicationHasItsPositionAndOneIdIsOneMessage) {
  const auto ann = client("Ann");
  ann->connection.take();
  say(*ann, "hi", "m1");
  const auto first = ann->connection.take();
  EXPECT_EQ(first[0]["ok"]["o"], 1);
  say(*ann, "hi", "m1");
  const auto again = ann->connection.take();
  EXPECT_EQ(again[0]["ok"]["o"], 1);
  EXPECT_EQ(again[0]["ok"]["dup"], true);
}

TEST_F(HubTest, RefusesWhatIsNotAllowedAndSaysWhy) {
  const auto nobody = std::make_unique<Client>(hub_);
  ask(*nobody, R"({"op":"hello"})");
  nobody->connection.take();
  const auto refused = [&](const std::string& request) {
    ask(*nobody, request);
    const auto answer = nobody->connection.take();
    return answer.empty() ? 0 : answer[0]["err"]["c"].get<int>();
  };
  EXPECT_EQ(refused(R"({"i":1,"op":"pub","ch":"chat:a","d":{"text":"x"}})"), 4010);
  EXPECT_EQ(refused(R"({"i":1,"op":"me","nick":" "})"), 4220);
  ask(*nobody, R"({"op":"me","nick":"No"})");
  EXPECT_EQ(refused(R"({"i":1,"op":"pub","ch":"count:a","d":{"text":"x"}})"), 4030);
  EXPECT_EQ(refused(R"({"i":1,"op":"pub","ch":"chat:a","d":{"text":" "}})"), 4221);
  EXPECT_EQ(refused(R"({"i":1,"op":"pub","ch":"chat:a","id":"/","d":{"text":"x"}})"), 4222);
  EXPECT_EQ(refused(R"({"i":1,"op":"sub","ch":"talk:a"})"), 4040);
  EXPECT_EQ(refused(R"({"i":1,"op":"unsub","ch":"chat:a"})"), 4042);
  EXPECT_EQ(refused("nonsense"), 4000);
}

TEST_F(HubTest, LimitsHowFastOneChatsAndThenHowFastOneAsks) {
  const auto ann = client("Ann");
  for (int i = 0; i < 5; ++i) say(*ann, "x");
  ann->connection.take();
  say(*ann, "x");
  const auto refused = ann->connection.take();
  EXPECT_EQ(refused[0]["err"]["c"], 4290);
  EXPECT_EQ(refused[0]["err"]["retry"], (json{1000, 1000}));
  for (int i = 0; i < 40; ++i) ask(*ann, R"({"p":1})");
  EXPECT_EQ(ann->connection.take().back()["err"]["c"], 4291);
  EXPECT_EQ(ann->connection.closed, 0);
  for (int i = 0; i < 120; ++i) ask(*ann, R"({"p":1})");
  EXPECT_EQ(ann->connection.closed, 4029);
}

TEST_F(HubTest, GivesWhatWasMissedExactlyOnce) {
  const auto ann = client("Ann");
  auto bo = client("Bo", R"(,"subs":[{"ch":"chat:a"}])");
  say(*ann, "one");
  const auto epoch = bo->connection.take()[1]["sync"]["e"];
  bo.reset();
  say(*ann, "two");
  say(*ann, "three");
  bo = client("Bo", R"(,"resume":"s2!","subs":[{"ch":"chat:a","pos":{"e":)" + epoch.dump() + R"(,"o":1}}])");
  const auto back = bo->connection.take();
  EXPECT_EQ(back[0]["hello"]["sid"], "s2");
  EXPECT_EQ(back[1]["sync"]["recovered"], true);
  EXPECT_EQ(back[1]["sync"]["o"], 3);
  EXPECT_THAT(texts(back), ElementsAre("two", "three"));
  say(*ann, "four");
  EXPECT_THAT(texts(bo->connection.take()), ElementsAre("four"));
}

TEST_F(HubTest, SaysPlainlyWhenTheLogDoesNotReachBack) {
  const auto ann = client("Ann");
  say(*ann, "one");
  const auto bo = client("Bo", R"(,"subs":[{"ch":"chat:a","pos":{"e":"other","o":1}}])");
  const auto back = bo->connection.take();
  EXPECT_EQ(back[1]["sync"]["recovered"], false);
  EXPECT_THAT(texts(back), ElementsAre("one"));
}

TEST_F(HubTest, QueuesNothingForASlowClientAndCatchesItUpLater) {
  const auto ann = client("Ann");
  const auto bo = client("Bo", R"(,"subs":[{"ch":"chat:a"},{"ch":"count:a"}])");
  bo->connection.take();
  bo->connection.pushed.clear();
  bo->connection.stopped_up = true;
  for (int i = 1; i <= 5; ++i) {
    say(*ann, "m" + std::to_string(i));
    bus_.set_count("count:a", static_cast<std::uint64_t>(i), 1);
    pass(2s);
  }
  EXPECT_TRUE(bo->connection.pushed.empty());
  bo->connection.stopped_up = false;
  bo->session->writable();
  const auto caught_up = bo->connection.take();
  EXPECT_THAT(texts(caught_up), ElementsAre("m1", "m2", "m3", "m4", "m5"));
  EXPECT_EQ(caught_up.size(), 6u) << "of the counts only the newest";
  EXPECT_EQ(caught_up.back()["d"]["n"], 5);
}

TEST_F(HubTest, TellsAGapToWhoIsTooSlowForTheLog) {
  const auto bo = client("Bo", R"(,"subs":[{"ch":"chat:a"}])");
  bo->connection.take();
  bo->connection.stopped_up = true;
  const auto publisher = bus_.attach(context_, hub_);
  for (int i = 1; i <= 600; ++i) {
    publisher->publish("chat:a", {"", R"({"text":")" + std::to_string(i) + R"("})", 1}, [](const auto&) {});
  }
  pass(1s);
  bo->connection.stopped_up = false;
  bo->session->writable();
  pass(1s);
  auto caught_up = bo->connection.take();
  EXPECT_EQ(caught_up[0]["gap"]["o"], 100);
  const auto all = texts(caught_up);
  ASSERT_EQ(all.size(), 500u);
  EXPECT_EQ(all.front(), "101");
  EXPECT_EQ(all.back(), "600");
}

/// Chats from many, in one room.
class LoudRoomTest : public HubTest {
 protected:
  void shout(int count, const std::string& user = "crowd", Standing standing = Standing::guest) {
    for (int i = 0; i < count; ++i) {
      const auto text = std::to_string(++said_);
      publisher_->publish("chat:a", {"", encode_chat({user, "", "N", standing, text}), 1},
                          [](const auto&) {});
    }
    settle();
  }
  /// What came, each in its place: whatever is not here was said to be left out.
  std::vector<std::string> contiguous(Client& of, int from = 0) {
    const auto messages = of.connection.take();
    for (const auto& message : messages) {
      if (!message.contains("o")) continue;
      EXPECT_EQ(message["o"], from + 1 + message.value("sk", 0)) << message;
      from = message["o"];
    }
    return texts(messages);
  }

  std::unique_ptr<BusClient> publisher_ = bus_.attach(context_, hub_);
  int said_ = 0;
};

TEST_F(LoudRoomTest, AboveTheRateAPartGoesToAllAndSaysWhatWasLeftOut) {
  const auto ann = client("Ann", R"(,"subs":[{"ch":"chat:a"}])");
  ann->connection.take();
  shout(100);
  const auto seen = contiguous(*ann);
  EXPECT_EQ(seen.size(), 30u);
  EXPECT_EQ(seen.back(), "100") << "evenly: the newest is among them";
  EXPECT_EQ(hub_.counters().topics_counted.sampled.value(), 70u);
  shout(5);
  EXPECT_TRUE(contiguous(*ann).empty());
  pass(1s);
  shout(1);
  EXPECT_EQ(contiguous(*ann, 100), std::vector<std::string>{"106"});
}

TEST_F(LoudRoomTest, ModeratorsAndOnesOwnMessagesAlwaysCome) {
  const auto ann = client("Ann", R"(,"subs":[{"ch":"chat:a"}])");
  const auto bo = client("Bo", R"(,"subs":[{"ch":"chat:a"}])");
  shout(60);
  ann->connection.take();
  bo->connection.take();
  shout(5);
  shout(1, "mod", Standing::moderator);
  shout(1, ann->session->user());
  shout(3);
  EXPECT_EQ(contiguous(*ann, 60), (std::vector<std::string>{"66", "67"}));
  EXPECT_EQ(contiguous(*bo, 60), std::vector<std::string>{"66"});
  pass(1s);
  shout(1);
  EXPECT_EQ(contiguous(*ann, 67), std::vector<std::string>{"71"});
  EXPECT_EQ(contiguous(*bo, 66), std::vector<std::string>{"71"});
}

TEST_F(LoudRoomTest, WhoComesBackIsGivenAllItMissedUpTo300) {
  auto ann = client("Ann", R"(,"subs":[{"ch":"chat:a"}])");
  const auto epoch = ann->connection.take()[1]["sync"]["e"].get<std::string>();
  const auto back = [&](int offset) {
    auto made = client("Ann", R"(,"subs":[{"ch":"chat:a","pos":{"e":")" + epoch + R"(","o":)" +
                                  std::to_string(offset) + "}}]");
    auto messages = made->connection.take();
    std::erase_if(messages, [](const json& message) { return message.contains("hello"); });
    return messages;
  };
  shout(310);
  pass(1s);
  const auto all = back(10);
  EXPECT_EQ(all[0]["sync"]["recovered"], true);
  EXPECT_EQ(texts(all).size(), 300u);
  const auto recent = back(9);
  EXPECT_EQ(recent[0]["sync"]["recovered"], false);
  EXPECT_EQ(texts(recent).size(), 50u);
}

TEST_F(HubTest, TellsAValueAtMostOnceASecondAndNotWhenItIsUnchanged) {
  const auto ann = client("Ann", R"(,"subs":[{"ch":"count:a"}])");
  pass(1s);
  ann->connection.take();
  for (std::uint64_t i = 1; i <= 30; ++i) {
    bus_.set_count("count:a", i, 1);
    pass(100ms);
  }
  const auto seen = ann->connection.take();
  EXPECT_GE(seen.size(), 3u);
  EXPECT_LE(seen.size(), 4u);
  pass(1s);
  ann->connection.take();
  bus_.set_count("count:a", 30, 1);
  pass(2s);
  EXPECT_TRUE(ann->connection.take().empty());
}

TEST_F(HubTest, TellsWhoComesAndAfterTheGraceWhoLeft) {
  const auto ann = client("Ann", R"(,"subs":[{"ch":"presence:a"}])");
  pass(1500ms);
  ann->connection.take();
  auto bo = client("Bo", R"(,"subs":[{"ch":"presence:a"}])");
  pass(1500ms);
  auto seen = ann->connection.take();
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0]["n"], 2);
  EXPECT_EQ(seen[0]["+"], json::parse(R"([["s2",{"nick":"Bo"}]])"));
  bo.reset();
  pass(9s);
  EXPECT_TRUE(ann->connection.take().empty());
  pass(3s);
  seen = ann->connection.take();
  std::erase_if(seen, [](const json& message) { return message.contains("hb"); });
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0]["n"], 1);
  EXPECT_EQ(seen[0]["-"], json::array({"s2"}));
}

TEST_F(HubTest, GivesTheMembersToWhoSubscribesLater) {
  const auto ann = client("Ann", R"(,"subs":[{"ch":"presence:a"}])");
  pass(2s);
  const auto bo = client("Bo", R"(,"subs":[{"ch":"presence:a"}])");
  const auto sync = bo->connection.take()[1]["sync"];
  EXPECT_EQ(sync["n"], 1);
  EXPECT_EQ(sync["m"], json::parse(R"([["s1",{"nick":"Ann"}]])"));
}

TEST_F(HubTest, ListsNoMoreThan200Members) {
  const auto ann = client("Ann", R"(,"subs":[{"ch":"presence:a"}])");
  std::vector<std::unique_ptr<Client>> crowd;
  for (int i = 0; i < 250; ++i) crowd.push_back(client("X", R"(,"subs":[{"ch":"presence:a"}])"));
  pass(2s);
  const auto seen = ann->connection.take();
  EXPECT_EQ(seen.back()["n"], 251);
  EXPECT_FALSE(seen.back().contains("+"));
  const auto late = client("Late", R"(,"subs":[{"ch":"presence:a"}])");
  const auto sync = late->connection.take()[1]["sync"];
  EXPECT_EQ(sync["n"], 251);
  EXPECT_EQ(sync["m"].size(), 200u);
}

TEST_F(HubTest, BeatsEvery15Seconds) {
  const auto ann = client("Ann");
  ann->connection.take();
  pass(31s);
  const auto beats = ann->connection.take();
  EXPECT_EQ(beats.size(), 2u);
  EXPECT_EQ(beats[0]["hb"]["t"], 5000);
}

TEST_F(HubTest, SendsOnceForAllChannelsOfAConnection) {
  const auto ann = client("Ann", R"(,"subs":[{"ch":"chat:a"},{"ch":"count:a"},{"ch":"status:a"}])");
  pass(2s);
  ann->connection.take();
  ann->connection.flushes = 0;
  const auto publisher = bus_.attach(context_, hub_);
  publisher->publish("chat:a", {"", R"({"text":"x"})", 1}, [](const auto&) {});
  bus_.set_count("count:a", 3, 1);
  bus_.set_value("status:a", R"({"state":"live"})", 1);
  settle();
  EXPECT_EQ(ann->connection.take().size(), 3u);
  EXPECT_EQ(ann->connection.flushes, 1);
}

TEST_F(HubTest, GivesHeartbeatsAsSlowlyAsWasAskedForWithinABound) {
  const auto beats_in = [&](const std::string& wanted, Duration time) {
    auto made = client("Ann", wanted);
    const auto welcome = made->connection.take().at(0)["hello"];
    pass(time);
    std::size_t beats = 0;
    for (const auto& message : made->connection.take()) beats += message.contains("hb") ? 1 : 0;
    return std::pair{welcome["hb"].get<int>(), beats};
  };
  EXPECT_EQ(beats_in("", 60s), (std::pair{15'000, std::size_t{4}}));
  EXPECT_EQ(beats_in(R"(,"hb":1000)", 60s), (std::pair{15'000, std::size_t{4}}));
  EXPECT_EQ(beats_in(R"(,"hb":59999)", 180s), (std::pair{45'000, std::size_t{4}}));
  EXPECT_EQ(beats_in(R"(,"hb":9000000)", 240s), (std::pair{120'000, std::size_t{2}}));
}

}  // namespace
}  // namespace levee::realtime
