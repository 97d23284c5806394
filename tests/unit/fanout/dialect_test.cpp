#include "fanout/dialect.hpp"

#include <gtest/gtest.h>

namespace levee::fanout {
namespace {

using Kind = Heard::Kind;

TEST(Dialect, AMessageIs200BytesAndCarriesItsNumber) {
  const auto text = message_text(1234);
  EXPECT_EQ(text.size(), 200u);
  const auto heard = read_frame(Dialect::plain, text);
  EXPECT_EQ(heard.kind, Kind::message);
  EXPECT_EQ(heard.number, 1234u);
  EXPECT_FALSE(heard.offset);
}

TEST(Dialect, ReadsTheOffsetThatLeveeGivesAMessage) {
  const auto frame =
      R"({"ch":"chat:load","o":1237,"t":1732249200789,"d":{"u":"u7Qk","nick":"load","text":")" +
      message_text(77) + R"("}})";
  const auto heard = read_frame(Dialect::levee, frame);
  EXPECT_EQ(heard.kind, Kind::message);
  EXPECT_EQ(heard.number, 77u);
  EXPECT_EQ(heard.offset, 1237u);
}

TEST(Dialect, ReadsWhereAChannelStarts) {
  const auto heard = read_frame(Dialect::levee,
                                R"({"sync":{"ch":"chat:load","e":"k3f9","o":12,"recovered":true,"from":7}})");
  EXPECT_EQ(heard.kind, Kind::started);
  EXPECT_EQ(heard.text, "k3f9");
  EXPECT_EQ(heard.offset, 12u);
  EXPECT_EQ(heard.from, 7u);
  EXPECT_TRUE(heard.recovered);
}

TEST(Dialect, ReadsTheTokenToResumeWith) {
  const auto heard =
      read_frame(Dialect::levee, R"({"hello":{"v":1,"resumed":true,"resume":"tok.en","res_ttl":5}})");
  EXPECT_EQ(heard.kind, Kind::greeting);
  EXPECT_EQ(heard.text, "tok.en");
}

TEST(Dialect, TellsGapsRefusalsAndEverythingElseApart) {
  const auto gap = read_frame(Dialect::levee, R"({"gap":{"ch":"chat:load","e":"k","o":1300,"why":"slow"}})");
  EXPECT_EQ(gap.kind, Kind::gap);
  EXPECT_EQ(gap.offset, 1300u);
  EXPECT_EQ(read_frame(Dialect::levee, R"({"err":{"c":4290,"m":"too fast"}})").kind, Kind::refused);
  EXPECT_EQ(read_frame(Dialect::levee, R"({"hb":{"t":1,"win":250}})").kind, Kind::other);
  EXPECT_EQ(read_frame(Dialect::plain, "hello").kind, Kind::other);
}

TEST(Dialect, AsksForWhatItMissed) {
  EXPECT_EQ(hello_text("chat:load", {}), R"({"op":"hello","v":1,"nick":"load","subs":[{"ch":"chat:load"}]})");
  EXPECT_EQ(
      hello_text("chat:load", {"tok", "k3f9", 7}),
      R"({"op":"hello","v":1,"nick":"load","resume":"tok","subs":[{"ch":"chat:load","pos":{"e":"k3f9","o":7}}]})");
}

}  // namespace
}  // namespace levee::fanout
