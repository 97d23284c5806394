#include "levee/realtime/identity.hpp"

#include <gtest/gtest.h>

namespace levee::realtime {
namespace {

constexpr std::int64_t kNow = 1'000'000'000;  // ms

TEST(Identity, IsReadFromClaims) {
  const auto ann = decode_claims(
      R"({"sub":"ann","exp":1000001,"nbf":999999,"name":"Ann","role":"viewer","roles":{"chat:a":"moderator"},
          "follower":true,"pub":["feed:fx","track:*"],"more":[1]})",
      kNow);
  ASSERT_TRUE(ann);
  EXPECT_EQ(ann->user, "ann");
  EXPECT_EQ(ann->nickname, "Ann");
  EXPECT_EQ(ann->standing_in("chat:a"), Standing::moderator);
  EXPECT_EQ(ann->standing_in("chat:b"), Standing::follower);
  EXPECT_TRUE(ann->may_publish("feed:fx"));
  EXPECT_FALSE(ann->may_publish("feed:gold"));
  EXPECT_TRUE(ann->may_publish("track:guards"));
  EXPECT_EQ(ann->expires_ms, 1'000'001'000);
}

TEST(Identity, IsGoodFromItsBeginningToItsEndWithAMinuteOfSkew) {
  const std::string claims = R"({"sub":"ann","nbf":999000,"exp":1001000})";
  EXPECT_FALSE(decode_claims(claims, 998'939'000));
  EXPECT_TRUE(decode_claims(claims, 998'941'000));
  EXPECT_TRUE(decode_claims(claims, 1'001'059'000));
  EXPECT_FALSE(decode_claims(claims, 1'001'060'000));
}

TEST(Identity, IsRefusedWhenAClaimIsMissingOrWrong) {
  for (const auto* wrong :
       {R"([])", R"({})", R"({"sub":"ann"})", R"({"exp":2000000})", R"({"sub":"a b","exp":2000000})",
        R"({"sub":7,"exp":2000000})", R"({"sub":"ann","exp":"2000000"})", R"({"sub":"ann","exp":-1})",
        R"({"sub":"ann","exp":1e300})", R"({"sub":"ann","exp":2000000,"role":"king"})",
        R"({"sub":"ann","exp":2000000,"roles":["moderator"]})",
        R"({"sub":"ann","exp":2000000,"pub":"feed:*"})", R"({"sub":"ann","exp":2000000,"name":""})",
        R"({"sub":"ann","exp":2000000,"iat":3000000})"})
    EXPECT_FALSE(decode_claims(wrong, kNow)) << wrong;
}

TEST(Identity, ReadsAsItWasWritten) {
  Identity ann{"ann", "Ann", Standing::follower, {{"chat:a", Standing::streamer}}, {"feed:*"}, 2'000'000'500};
  EXPECT_EQ(decode_claims(encode_claims(ann), kNow).value(), ann);
}

}  // namespace
}  // namespace levee::realtime
