#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hub_fixture.hpp"

namespace levee::realtime {
namespace {

using testing::ElementsAre;

class ModerationTest : public HubTest {
 protected:
  static std::string token(const std::string& user, const std::string& more = "") {
    const std::string claims = R"({"sub":")" + user + R"(","exp":1000,"name":")" + user + '"' + more + '}';
    return R"(,"token":)" + json(claims).dump();
  }
  std::unique_ptr<Client> moderator() { return client("x", token("mod", R"(,"role":"moderator")")); }

  json ask_for(Client& client, const std::string& text) {
    client.connection.take();
    ask(client, text);
    for (const auto& message : client.connection.take()) {
      if (message.contains("i")) return message;
    }
    return {};
  }
  json act(Client& client, const std::string& what) {
    return ask_for(client, R"({"i":5,"op":"mod","ch":"chat:a",)" + what + "}");
  }
  json write(Client& client, const std::string& text, const std::string& id = "") {
    const auto named = id.empty() ? "" : R"("id":")" + id + R"(",)";
    return ask_for(client,
                   R"({"i":9,"op":"pub","ch":"chat:a",)" + named + R"("d":{"text":")" + text + R"("}})");
  }
  /// What a newcomer is shown of the chat.
  std::vector<json> shown() {
    const auto late = client("late", R"(,"subs":[{"ch":"chat:a"}])");
    std::vector<json> all;
    for (auto& message : late->connection.take()) {
      if (message.contains("d")) all.push_back(message["d"]);
    }
    return all;
  }
};

TEST_F(ModerationTest, TellsWhoSomeoneIs) {
  const auto ann = client("x", token("ann", R"(,"role":"streamer")"));
  const auto hello = ann->connection.take()[0]["hello"];
  EXPECT_EQ(hello["u"], "ann");
  EXPECT_EQ(hello["role"], "streamer");
  EXPECT_EQ(client("Bo")->connection.take()[0]["hello"]["role"], "guest");
}

TEST_F(ModerationTest, SaysNoToABadTokenAndLetsTheClientTryAgain) {
  Client bo{hub_};
  ask(bo, R"({"op":"hello","token":"{\"sub\":\"bo\",\"exp\":-100}"})");
  EXPECT_EQ(bo.connection.take()[0]["err"]["c"], 4011);
  EXPECT_EQ(bo.connection.closed, 0);
  ask(bo, R"({"op":"hello")" + token("bo") + "}");
  EXPECT_EQ(bo.connection.take()[0]["hello"]["u"], "bo");
}

TEST_F(ModerationTest, KeepsTheIdentityOfASessionThatResumes) {
  auto before = moderator();
  before.reset();
  const auto after = client("x", R"(,"resume":"s1!")");
  const auto hello = after->connection.take()[0]["hello"];
  EXPECT_EQ(hello["u"], "mod");
  EXPECT_EQ(hello["role"], "moderator");
  EXPECT_EQ(hello["resumed"], true);
}

TEST_F(ModerationTest, DoesNotResumeTheSessionOfAnother) {
  moderator().reset();
  const auto bo = client("x", R"(,"resume":"s1!")" + token("bo"));
  const auto hello = bo->connection.take()[0]["hello"];
  EXPECT_EQ(hello["u"], "bo");
  EXPECT_EQ(hello["resumed"], false);
  EXPECT_EQ(hello["sid"], "s2");
}

TEST_F(ModerationTest, LetsNobodyChangeTheNameOfAnIdentity) {
  const auto ann = client("x", token("ann"));
  EXPECT_EQ(ask_for(*ann, R"({"i":1,"op":"me","nick":"streamer"})")["err"]["c"], 4220);
}

TEST_F(ModerationTest, IsForModeratorsOfThisChat) {
  EXPECT_EQ(act(*client("Bo"), R"("do":"clear")")["err"]["c"], 4031);
  const auto elsewhere = client("x", token("eve", R"(,"roles":{"chat:b":"moderator"})"));
  EXPECT_EQ(act(*elsewhere, R"("do":"clear")")["err"]["c"], 4031);
  EXPECT_TRUE(act(*moderator(), R"("do":"clear")").contains("ok"));
}

TEST_F(ModerationTest, TakesAMessageBack) {
  const auto bo = client("Bo", R"(,"subs":[{"ch":"chat:a"}])");
  write(*bo, "one");
  write(*bo, "two");
  const auto mod = moderator();
  bo->connection.take();
  ASSERT_TRUE(act(*mod, R"("do":"delete","o":1)").contains("ok"));
  const auto told = bo->connection.take();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0]["d"], (json{{"mod", "delete"}, {"o", 1}, {"by", "mod"}}));
  const auto now = shown();
  ASSERT_EQ(now.size(), 3u);
  EXPECT_EQ(now[0], (json{{"gone", true}}));
  EXPECT_EQ(now[1]["text"], "two");
}

TEST_F(ModerationTest, BansAPersonAndTakesBackWhatItSaid) {
  const auto bo = client("x", token("bo"));
  const auto bob = client("x", token("bob"));
  write(*bo, "one");
  write(*bob, "two");
  ASSERT_TRUE(act(*moderator(), R"("do":"ban","u":"bo")").contains("ok"));
  const auto refused = write(*bo, "three");
  EXPECT_EQ(refused["err"]["c"], 4032);
  EXPECT_FALSE(refused["err"].contains("retry"));
  EXPECT_TRUE(write(*bob, "four").contains("ok"));
  EXPECT_TRUE(shown()[0].contains("gone"));
  EXPECT_EQ(shown()[1]["text"], "two");
  ASSERT_TRUE(act(*moderator(), R"("do":"unban","u":"bo")").contains("ok"));
  EXPECT_TRUE(write(*bo, "three").contains("ok"));
}

TEST_F(ModerationTest, TellsHowLongATimeoutLasts) {
  const auto bo = client("x", token("bo"));
  act(*moderator(), R"("do":"timeout","u":"bo","s":600)");
  EXPECT_EQ(write(*bo, "one")["err"]["retry"], (json{600'000, 600'000}));
}

TEST_F(ModerationTest, LetsEveryoneWriteOnceInASlowWhile) {
  const auto bo = client("x", token("bo"));
  const auto mod = moderator();
  act(*mod, R"("do":"slow","s":10)");
  EXPECT_TRUE(write(*bo, "one", "m1").contains("ok"));
  EXPECT_EQ(write(*bo, "one", "m1")["ok"]["dup"], true) << "sent again is no second message";
  const auto refused = write(*bo, "two");
  EXPECT_EQ(refused["err"]["c"], 4293);
  EXPECT_EQ(refused["err"]["retry"], (json{10'000, 10'000}));
  EXPECT_TRUE(write(*mod, "one").contains("ok"));
  EXPECT_TRUE(write(*mod, "two").contains("ok"));
}

TEST_F(ModerationTest, LetsOnlySomeWriteAndTellsNewcomersSo) {
  const auto guest = client("Bo");
  const auto follower = client("x", token("fay", R"(,"follower":true)"));
  act(*moderator(), R"("do":"only","who":"followers")");
  EXPECT_EQ(write(*guest, "one")["err"]["c"], 4033);
  EXPECT_EQ(write(*client("x", token("ann")), "one")["err"]["c"], 4033);
  EXPECT_TRUE(write(*follower, "one").contains("ok"));
  const auto late = client("late");
  EXPECT_EQ(ask_for(*late, R"({"i":1,"op":"sub","ch":"chat:a"})")["ok"]["rules"],
            (json{{"only", "followers"}}));
  act(*moderator(), R"("do":"only","who":"all")");
  EXPECT_FALSE(ask_for(*late, R"({"i":1,"op":"sub","ch":"chat:a"})")["ok"].contains("rules"));
}

TEST_F(ModerationTest, AsksTheFilterAboutAllButModerators) {
  const auto bo = client("Bo");
  EXPECT_EQ(write(*bo, "you SWEAR!")["err"]["c"], 4223);
  EXPECT_TRUE(write(*bo, "swearing is another word").contains("ok"));
  EXPECT_EQ(write(*bo, "schei\xC3\x9F")["err"]["c"], 4223);
  EXPECT_TRUE(write(*moderator(), "swear").contains("ok"));
}

TEST_F(ModerationTest, CountsTheRateOfAPersonNotOfAConnection) {
  const auto one = client("x", token("bo"));
  const auto two = client("x", token("bo"));
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(write(i % 2 == 0 ? *one : *two, "hi").contains("ok"));
  EXPECT_EQ(write(*one, "hi")["err"]["c"], 4290);
  EXPECT_EQ(write(*two, "hi")["err"]["c"], 4290);
}

TEST_F(ModerationTest, RefusesActionsOutOfTheirBounds) {
  const auto mod = moderator();
  for (const auto* wrong :
       {R"("do":"x")", R"("do":"delete")", R"("do":"timeout","u":"bo","s":0)", R"("do":"ban","u":"b o")",
        R"("do":"slow","s":3601)", R"("do":"only","who":"me")"}) {
    EXPECT_EQ(act(*mod, wrong)["err"]["c"], 4000) << wrong;
  }
}

TEST_F(ModerationTest, ShowsOnePersonWithTwoConnectionsOnce) {
  const auto one = client("x", token("bo") + R"(,"subs":[{"ch":"presence:a"}])");
  const auto two = client("x", token("bo") + R"(,"subs":[{"ch":"presence:a"}])");
  pass(2s);
  const auto late = client("late");
  const auto answer = ask_for(*late, R"({"i":1,"op":"sub","ch":"presence:a"})")["ok"];
  EXPECT_EQ(answer["n"], 1);
  EXPECT_EQ(answer["m"], json::parse(R"([["bo",{"nick":"bo"}]])"));
}

}  // namespace
}  // namespace levee::realtime
