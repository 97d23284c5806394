#include "levee/delivery/web_assets.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/parts.hpp"

namespace levee::delivery {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string etag_of(const Response& response) {
  const auto& head = response.head->http1;
  const auto at = head.find("ETag: ") + 6;
  return head.substr(at, head.find("\r\n", at) - at);
}

class WebAssetsTest : public testing::Test {
 protected:
  WebAssetsTest() {
    assets.add("/index.html", *test::media_bytes(std::string(1000, 'x')));
    assets.add("/assets/a.png", *test::media_bytes(std::string(1000, 'x')));
  }
  WebAssets assets;
  RequestView request;
};

TEST_F(WebAssetsTest, AreTypedByTheirNameAndRevalidated) {
  const auto page = assets.get("/index.html", request);
  EXPECT_EQ(page.head->status, 200u);
  EXPECT_EQ(page.body.size(), 1000u);
  EXPECT_THAT(page.head->http1, HasSubstr("Content-Type: text/html; charset=utf-8\r\n"));
  EXPECT_THAT(page.head->http1, HasSubstr("Cache-Control: no-cache\r\n"));
  EXPECT_THAT(assets.get("/assets/a.png", request).head->http1, HasSubstr("Content-Type: image/png\r\n"));
  EXPECT_EQ(assets.get("/assets/none.js", request).head->status, 404u);
}

TEST_F(WebAssetsTest, AreCompressedWhereThatHelps) {
  request.accepts_gzip = true;
  const auto page = assets.get("/index.html", request);
  EXPECT_LT(page.body.size(), 100u);
  EXPECT_THAT(page.head->http1, HasSubstr("Content-Encoding: gzip\r\n"));
  EXPECT_THAT(page.head->http1, HasSubstr("Vary: Accept-Encoding\r\n"));
  EXPECT_THAT(assets.get("/assets/a.png", request).head->http1, Not(HasSubstr("Content-Encoding")));
}

TEST_F(WebAssetsTest, AreNotSentAgainToWhoHasThem) {
  const auto etag = etag_of(assets.get("/index.html", request));
  request.if_none_match = etag;
  const auto again = assets.get("/index.html", request);
  EXPECT_EQ(again.head->status, 304u);
  EXPECT_EQ(again.body.size(), 0u);
  EXPECT_EQ(etag_of(again), etag);
  request.accepts_gzip = true;
  EXPECT_EQ(assets.get("/index.html", request).head->status, 200u) << "another form, another tag";
  const std::string list = "\"other\", W/" + etag;
  request.if_none_match = list;
  request.accepts_gzip = false;
  EXPECT_EQ(assets.get("/index.html", request).head->status, 304u);
}

TEST(WebAssets, AreReadFromTheSourcesPages) {
  const auto assets = WebAssets::load(std::string{LEVEE_SOURCE_DIR} + "/web");
  RequestView request;
  EXPECT_EQ(assets.get("/index.html", request).head->status, 200u);
  EXPECT_EQ(assets.get("/watch.html", request).head->status, 200u);
  EXPECT_EQ(assets.get("/map.html", request).head->status, 200u);
  EXPECT_EQ(assets.get("/report.html", request).head->status, 200u);
  EXPECT_EQ(assets.get("/assets/watch.js", request).head->status, 200u);
  EXPECT_EQ(assets.get("/assets/client/index.js", request).head->status, 200u);
  EXPECT_EQ(assets.get("/package.json", request).head->status, 404u);
  EXPECT_EQ(WebAssets::load("").size(), 0u);
}

}  // namespace
}  // namespace levee::delivery
