#include "levee/delivery/json_web_token.hpp"

#include <stdexcept>

#include <gtest/gtest.h>

#include "levee/delivery/realtime_identities.hpp"
#include "levee/realtime/error.hpp"

namespace levee::delivery {
namespace {

// RFC 7515 appendix A.1.
constexpr std::string_view kHs256 =
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
    "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
constexpr std::string_view kHs256Secret =
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
// RFC 8037 appendix A.4.
constexpr std::string_view kEdDsa =
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
constexpr std::string_view kEdDsaKey = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

JsonWebTokens with_secret() { return JsonWebTokens{{from_base64url(kHs256Secret).value(), {}}}; }
JsonWebTokens with_key() { return JsonWebTokens{{{}, std::string{kEdDsaKey}}}; }

TEST(JsonWebTokens, TakeTheSpecificationsExamples) {
  const auto first = with_secret().claims(kHs256);
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->starts_with(R"({"iss":"joe")"));
  const auto second = with_key().claims(kEdDsa);
  ASSERT_TRUE(second);
  EXPECT_EQ(*second, "Example of Ed25519 signing");
}

TEST(JsonWebTokens, RefuseWhatIsSignedWithAnotherKeyOrNone) {
  EXPECT_FALSE(with_key().claims(kHs256));
  EXPECT_FALSE(with_secret().claims(kEdDsa));
  EXPECT_FALSE((JsonWebTokens{{"another secret", {}}}.claims(kHs256)));
  EXPECT_FALSE(JsonWebTokens{{}}.claims(kHs256));
}

TEST(JsonWebTokens, RefuseEveryTokenWithOneLetterChanged) {
  for (const auto whole : {kHs256, kEdDsa}) {
    for (std::size_t at = 0; at < whole.size(); ++at) {
      std::string changed{whole};
      changed[at] = changed[at] == 'x' ? 'y' : 'x';
      EXPECT_FALSE(with_secret().claims(changed)) << at;
      EXPECT_FALSE(with_key().claims(changed)) << at;
    }
  }
}

TEST(JsonWebTokens, RefuseWhatIsNoToken) {
  const auto tokens = with_secret();
  const auto head = [](const std::string& json) { return to_base64url(json); };
  for (const auto& wrong :
       {std::string{}, std::string{"."}, std::string{".."}, std::string{"a.b"}, std::string(5000, 'a'),
        head(R"({"alg":"none"})") + "." + head("{}") + ".", head("[]") + ".e30.e30", head("{") + ".e30.e30",
        head(R"({"alg":"HS256","crit":["x"]})") + ".e30.e30", head(R"({"alg":7})") + ".e30.e30"})
    EXPECT_FALSE(tokens.claims(wrong)) << wrong.substr(0, 40);
}

// The secret of HS256 must never be the public key: who knows it could sign (RFC 8725 section 2.1).
TEST(JsonWebTokens, DoNotTakeThePublicKeyForASecret) {
  const auto tokens = with_key();
  EXPECT_FALSE(tokens.claims(kHs256));
}

TEST(JsonWebTokens, SayAtTheStartThatAKeyIsNone) {
  for (const std::string wrong : {"x", "-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----\n"})
    EXPECT_THROW((JsonWebTokens{{{}, wrong}}), std::invalid_argument);
}

TEST(JsonWebTokens, TakeAKeyAsPem) {
  const JsonWebTokens tokens{{{},
                              "-----BEGIN PUBLIC KEY-----\n"
                              "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
                              "-----END PUBLIC KEY-----\n"}};
  EXPECT_TRUE(tokens.claims(kEdDsa));
}

TEST(Base64Url, HasOneFormForEachText) {
  for (const std::string_view text : {"", "f", "fo", "foo", "foob", "\xFF\xFE\xFD"})
    EXPECT_EQ(from_base64url(to_base64url(text)), text);
  for (const auto* wrong : {"A", "AB=", "A+", "AB", "//"}) {
    const auto read = from_base64url(wrong);
    EXPECT_TRUE(!read || to_base64url(*read) == wrong) << wrong;
  }
  EXPECT_FALSE(from_base64url("Zh"));  // bits left over
}

TEST(RealtimeIdentities, KeepTheIdentityInTheResumeToken) {
  RealtimeIdentities identities{"secret"};
  realtime::Identity ann;
  ann.user = "ann";
  ann.nickname = "Ann";
  ann.standing = realtime::Standing::moderator;
  ann.standings = {{"chat:b", realtime::Standing::streamer}};
  ann.publishes = {"feed:fx"};
  ann.expires_ms = 5'000'000;
  const auto token = identities.resume_token({"s1", ann}, 4'000'000);
  const auto known = identities.verify(token, 3'999'999);
  ASSERT_TRUE(known);
  EXPECT_EQ(*known, (realtime::Resumption{"s1", ann}));
  EXPECT_FALSE(identities.verify(token, 4'000'000));
  EXPECT_FALSE(identities.identify(kHs256, 0));
}

}  // namespace
}  // namespace levee::delivery
