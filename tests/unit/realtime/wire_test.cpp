#include "levee/realtime/wire.hpp"

#include <string>

#include <gtest/gtest.h>

namespace levee::realtime {
namespace {

template <class What>
What decoded(const std::string& text) {
  auto request = decode_request(text);
  EXPECT_TRUE(std::holds_alternative<Request>(request)) << text;
  return std::get<What>(std::get<Request>(request).what);
}

void expect_bad(const std::string& text) {
  EXPECT_TRUE(std::holds_alternative<BadRequest>(decode_request(text))) << text;
}

TEST(Wire, ReadsAHelloWithItsSubscriptions) {
  const auto hello = decoded<Hello>(
      R"({"op":"hello","v":1,"nick":"Ann","resume":"r","viewer":"t","subs":[{"ch":"chat:a","pos":{"e":"x","o":7}},{"ch":"count:a"}]})");
  EXPECT_EQ(hello.nickname, "Ann");
  EXPECT_EQ(hello.resume, "r");
  EXPECT_EQ(hello.viewer, "t");
  ASSERT_EQ(hello.subscriptions.size(), 2u);
  EXPECT_EQ(hello.subscriptions[0].since, (Position{"x", 7}));
  EXPECT_FALSE(hello.subscriptions[1].since);
}

TEST(Wire, ReadsTheOtherRequests) {
  EXPECT_EQ(decoded<Subscribe>(R"({"i":1,"op":"sub","ch":"chat:a"})").channel, "chat:a");
  EXPECT_EQ(decoded<Unsubscribe>(R"({"i":1,"op":"unsub","ch":"chat:a"})").channel, "chat:a");
  EXPECT_EQ(decoded<SetNickname>(R"({"i":1,"op":"me","nick":"Bo"})").nickname, "Bo");
  EXPECT_EQ(decoded<Ping>(R"({"p":123456})").number, 123456u);
  const auto publish =
      decoded<Publish>(R"({"i":9,"op":"pub","ch":"chat:a","id":"m1","d":{"text":"hi","x":[1]}})");
  EXPECT_EQ(publish.channel, "chat:a");
  EXPECT_EQ(publish.id, "m1");
  EXPECT_EQ(publish.text, "hi");
}

TEST(Wire, KeepsTheNumberOfARequestThatItCannotRead) {
  const auto request = decode_request(R"({"i":7,"op":"dance"})");
  ASSERT_TRUE(std::holds_alternative<BadRequest>(request));
  EXPECT_EQ(std::get<BadRequest>(request).number, 7u);
}

TEST(Wire, RefusesWhatIsNoRequest) {
  for (const std::string text :
       {"", "x", "[]", "null", "{", R"({"op":7})", R"({"op":"sub"})", R"({"op":"sub","ch":1})",
        R"({"i":-1,"op":"sub","ch":"chat:a"})", R"({"i":1.5,"op":"sub","ch":"chat:a"})",
        R"({"op":"sub","ch":"chat:a","pos":{"e":"x"}})", R"({"op":"hello","v":"1"})",
        R"({"op":"hello","subs":[1]})", R"({"op":"pub","ch":"chat:a","d":"hi"})", R"({"p":-1})",
        R"({"p":1e300})", "{\"op\":\"me\",\"nick\":\"\xFF\"}"}) {
    expect_bad(text);
  }
}

TEST(Wire, RefusesWhatIsTooDeepOrTooLongBeforeReadingIt) {
  expect_bad(R"({"op":"sub","ch":"chat:a","x":)" + std::string(8, '[') + std::string(8, ']') + "}");
  expect_bad(std::string(2000, '['));
  expect_bad(R"({"op":"sub","ch":"chat:a","x":")" + std::string(kMaxMessageBytes, 'x') + "\"}");
  decoded<Subscribe>(R"({"op":"sub","ch":"chat:a","x":"[[[[[[[[[[[[\"[[["})");
}

TEST(Wire, WritesWhatTheProtocolSays) {
  const Message message{1235, 1732249200123, R"({"n":3})", 0};
  EXPECT_EQ(encode_push("count:a", message), R"({"ch":"count:a","o":1235,"t":1732249200123,"d":{"n":3}})");
  EXPECT_EQ(encode_gap("chat:a", {"e1", 9}), R"({"gap":{"ch":"chat:a","e":"e1","o":9,"why":"slow"}})");
  EXPECT_EQ(encode_bye(1012, {0, 4000}), R"({"bye":{"c":1012,"retry":[0,4000]}})");
  EXPECT_EQ(encode_published(9, "chat:a", {{"e1", 8}, true}),
            R"({"i":9,"ok":{"ch":"chat:a","e":"e1","o":8,"dup":true}})");
  EXPECT_EQ(encode_error({}, Errc::chat_rate, Retry{5, 5}, "chat:a"),
            R"({"err":{"c":4290,"m":"you write too fast","ch":"chat:a","retry":[5,5]}})");
  EXPECT_EQ(encode_set_push({"presence:a", 4, 2, 1, {{{"u1", R"({"nick":"Bo"})"}}, {"u2"}}}),
            R"({"ch":"presence:a","o":4,"p":2,"n":1,"+":[["u1",{"nick":"Bo"}]],"-":["u2"]})");
  Sync sync;
  sync.channel = "chat:a";
  sync.position = {"e1", 7};
  sync.recovered = true;
  sync.from = 5;
  sync.rules = R"({"slow":10})";
  EXPECT_EQ(encode_sync(sync),
            R"({"ch":"chat:a","e":"e1","o":7,"recovered":true,"from":5,"rules":{"slow":10}})");
}

TEST(Wire, QuotesWhatPeopleWrite) {
  EXPECT_EQ(encode_chat({"u1", "m1", "A\"nn", Standing::guest, "</script>\n"}),
            R"({"u":"u1","id":"m1","nick":"A\"nn","text":"</script>\n"})");
  EXPECT_EQ(encode_chat({"u1", "", "Ann", Standing::moderator, "hi"}),
            R"({"u":"u1","nick":"Ann","role":"moderator","text":"hi"})");
}

TEST(Wire, ReadsMemberChangesBackAsTheyWere) {
  const MemberChanges changes{{{"u1", R"({"nick":"Bo"})"}}, {"u2", "u3"}};
  const auto read = decode_member_changes(encode_member_changes(changes));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->joins, changes.joins);
  EXPECT_EQ(read->leaves, changes.leaves);
  EXPECT_FALSE(decode_member_changes(R"({"+":[["u1"]]})"));
}

}  // namespace
}  // namespace levee::realtime
