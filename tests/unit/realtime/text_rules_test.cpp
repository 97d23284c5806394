#include "levee/realtime/text_rules.hpp"

#include <string>

#include <gtest/gtest.h>

#include "levee/realtime/channel.hpp"
#include "levee/realtime/token_bucket.hpp"

namespace levee::realtime {
namespace {

using namespace std::chrono_literals;

TEST(CodePoints, AreCountedAndNotBytes) {
  EXPECT_EQ(count_code_points(""), 0u);
  EXPECT_EQ(count_code_points("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"), 4u);
}

TEST(CodePoints, OfWhatIsNotUtf8AreNotCounted) {
  for (const std::string text : {"\x80", "\xC3", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80",
                                 "\xF4\x90\x80\x80", "\xF0\x80\x80\xAF", "\xFF", "a\xE2\x82"}) {
    EXPECT_FALSE(count_code_points(text)) << testing::PrintToString(text);
  }
}

TEST(Nickname, HasOneTo24CodePoints) {
  EXPECT_FALSE(check_nickname("A"));
  std::string name;
  for (int i = 0; i < 24; ++i) name += "\xC3\xA9";
  EXPECT_FALSE(check_nickname(name));
  EXPECT_EQ(check_nickname(name + "x"), Errc::bad_nickname);
  EXPECT_EQ(check_nickname(""), Errc::bad_nickname);
}

TEST(Nickname, CanBeSeenAndDisturbsNoOther) {
  for (const std::string name : {" ", "\xC2\xA0", "\xE2\x80\x8B", "a\nb", "a\x7F", "a\xC2\x85",
                                 "\xE2\x80\xAE"
                                 "abc"})
    EXPECT_EQ(check_nickname(name), Errc::bad_nickname) << testing::PrintToString(name);
}

TEST(ChatText, HasOneTo500CodePoints) {
  EXPECT_FALSE(check_chat_text(std::string(500, 'x')));
  EXPECT_EQ(check_chat_text(std::string(501, 'x')), Errc::bad_text);
  EXPECT_EQ(check_chat_text(""), Errc::bad_text);
  EXPECT_EQ(check_chat_text(" \n "), Errc::bad_text);
}

TEST(ChatText, MayHaveLinesButNoOtherControlCharacters) {
  EXPECT_FALSE(check_chat_text("one\ntwo"));
  EXPECT_EQ(check_chat_text("one\rtwo"), Errc::bad_text);
  EXPECT_EQ(check_chat_text(std::string("a\0b", 3)), Errc::bad_text);
  EXPECT_EQ(check_chat_text("\x1B[31mred"), Errc::bad_text);
}

TEST(PublicationId, IsAnIdentifier) {
  EXPECT_FALSE(check_publication_id("m-17.b_2"));
  EXPECT_EQ(check_publication_id("a/b"), Errc::bad_id);
  EXPECT_EQ(check_publication_id(std::string(65, 'a')), Errc::bad_id);
}

TEST(ChannelName, TellsItsKind) {
  EXPECT_EQ(parse_channel("chat:show")->kind, Kind::log);
  EXPECT_EQ(parse_channel("count:show")->kind, Kind::value);
  EXPECT_EQ(parse_channel("status:show")->kind, Kind::value);
  EXPECT_EQ(parse_channel("presence:show")->kind, Kind::set);
  EXPECT_EQ(parse_channel("chat:my.show-1_a")->name, "my.show-1_a");
}

TEST(ChannelName, IsRefusedWhenItIsUnknownOrReserved) {
  for (const std::string name : {"", "chat", "chat:", "talk:show", "chat:a b", "chat:a:b", "chat:{x}"})
    EXPECT_EQ(parse_channel(name).error(), Errc::unknown_channel) << name;
  EXPECT_EQ(parse_channel("chat:" + std::string(65, 'a')).error(), Errc::unknown_channel);
  EXPECT_EQ(parse_channel("feed:fx")->kind, Kind::state);
  EXPECT_EQ(parse_channel("track:vans")->kind, Kind::track);
}

TEST(TokenBucket, GivesABurstAndThenOneAnInterval) {
  const Rate rate{1s, 3};
  const TimePoint start{1000s};
  TokenBucket bucket;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(bucket.take(rate, start), 0s);
  EXPECT_EQ(bucket.take(rate, start), 1s);
  EXPECT_EQ(bucket.take(rate, start + 400ms), 600ms);
  EXPECT_EQ(bucket.take(rate, start + 1s), 0s);
  EXPECT_EQ(bucket.take(rate, start + 1s), 1s);
}

TEST(TokenBucket, IsFullAgainAfterARest) {
  const Rate rate{1s, 3};
  const TimePoint start{1000s};
  TokenBucket bucket;
  for (int i = 0; i < 3; ++i) bucket.take(rate, start);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(bucket.take(rate, start + 60s), 0s);
  EXPECT_GT(bucket.take(rate, start + 60s), 0s);
}

}  // namespace
}  // namespace levee::realtime
