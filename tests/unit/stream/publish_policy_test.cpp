#include "levee/stream/publish_policy.hpp"

#include <optional>

#include <gtest/gtest.h>

namespace levee::stream {
namespace {

Result<std::string> ask(PublishPolicy& policy, const std::string& key) {
  std::optional<Result<std::string>> answer;
  policy.authorize({.key = key, .protocol = "rtmp", .peer = "192.0.2.7:51234"},
                   [&](Result<std::string> given) { answer = std::move(given); });
  return answer.value();
}

TEST(OpenPolicy, NamesTheStreamAsTheKeyWithoutItsQuery) {
  OpenPolicy policy;
  EXPECT_EQ(ask(policy, "mystream").value(), "mystream");
  EXPECT_EQ(ask(policy, "mystream?token=x&y=1").value(), "mystream");
}

TEST(OpenPolicy, RefusesWhatIsNoName) {
  OpenPolicy policy;
  for (const auto* key : {"", "?x", "-a", "_a", "a/b", "a b", "..", "a.b", "\xc3\xa4", "a\n"}) {
    SCOPED_TRACE(key);
    EXPECT_EQ(ask(policy, key).error(), Errc::bad_name);
  }
  EXPECT_EQ(ask(policy, std::string(65, 'a')).error(), Errc::bad_name);
  EXPECT_TRUE(ask(policy, std::string(64, 'a')));
  EXPECT_TRUE(ask(policy, "0-_Z"));
}

TEST(KeyListPolicy, GivesTheNameThatAKeyIsFor) {
  KeyListPolicy policy{{{"main", "s3cret"}, {"backup", "0ther"}, {"main", "second"}}};
  EXPECT_EQ(ask(policy, "s3cret").value(), "main");
  EXPECT_EQ(ask(policy, "second").value(), "main");
  EXPECT_EQ(ask(policy, "0ther?x=1").value(), "backup");
}

TEST(KeyListPolicy, RefusesEverythingElse) {
  KeyListPolicy policy{{{"main", "s3cret"}}};
  for (const auto* key : {"", "s3cre", "s3cret1", "S3cret", "main", "?s3cret"}) {
    SCOPED_TRACE(key);
    EXPECT_EQ(ask(policy, key).error(), Errc::unknown_key);
  }
  KeyListPolicy careless{{{"main", ""}}};
  EXPECT_EQ(ask(careless, "").error(), Errc::unknown_key);
}

TEST(PublishErrors, HaveMessages) {
  for (int code = 1; code <= 7; ++code)
    EXPECT_NE(make_error_code(static_cast<Errc>(code)).message(), "unknown error");
}

}  // namespace
}  // namespace levee::stream
