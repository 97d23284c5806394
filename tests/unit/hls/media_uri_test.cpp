#include "levee/hls/media_uri.hpp"

#include <gtest/gtest.h>

namespace levee::hls {
namespace {

TEST(MediaUri, IsReadBackAsItWasWritten) {
  for (const auto kind : {MediaUri::Kind::init, MediaUri::Kind::segment, MediaUri::Kind::part}) {
    for (const std::uint64_t number : {std::uint64_t{0}, std::uint64_t{7}, std::uint64_t{1} << 62}) {
      const auto text = to_string({.stream_id = "k3_Zq", .kind = kind, .number = number});
      SCOPED_TRACE(text);
      const auto parsed = parse_media_uri(text);
      ASSERT_TRUE(parsed);
      EXPECT_EQ(parsed->stream_id, "k3_Zq");
      EXPECT_EQ(parsed->kind, kind);
      EXPECT_EQ(parsed->number, number);
    }
  }
}

TEST(MediaUri, LooksAsDocumented) {
  EXPECT_EQ(to_string({.stream_id = "ab", .kind = MediaUri::Kind::init, .number = 0}), "ab-i0.mp4");
  EXPECT_EQ(to_string({.stream_id = "ab", .kind = MediaUri::Kind::segment, .number = 12}), "ab-s12.m4s");
  EXPECT_EQ(to_string({.stream_id = "ab", .kind = MediaUri::Kind::part, .number = 77}), "ab-p77.m4s");
}

TEST(MediaUri, HasOneSpellingOnly) {
  for (const auto* text :
       {"",
        "-",
        "ab",
        "ab-",
        "-i0.mp4",
        "ab-i.mp4",
        "ab-i0",
        "ab-i0.m4s",
        "ab-s0.mp4",
        "ab-s00.m4s",
        "ab-s01.m4s",
        "ab-s+1.m4s",
        "ab-s-1.m4s",
        "ab-s 1.m4s",
        "ab-s1.m4s ",
        "ab-x1.m4s",
        "ab-S1.m4s",
        "ab-s1.M4S",
        "a/b-s1.m4s",
        "a.b-s1.m4s",
        "ab-s1.m4s?x",
        "ab-s9223372036854775808.m4s",
        "ab-s18446744073709551616.m4s",
        "a-b-s1.m4s",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-s1.m4s"}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(parse_media_uri(text));
  }
  EXPECT_TRUE(parse_media_uri("ab-s9223372036854775807.m4s"));
}

}  // namespace
}  // namespace levee::hls
