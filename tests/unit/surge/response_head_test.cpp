#include "surge/response_head.hpp"

#include <string>

#include <gtest/gtest.h>

namespace levee::surge {
namespace {

TEST(ResponseHead, GivesStatusLengthAndRetryAfter) {
  const std::string text =
      "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 12\r\nretry-after: 7\r\nX: y\r\n\r\nbody";
  ResponseHead head;
  ASSERT_EQ(read_head(text, head), HeadState::complete);
  EXPECT_EQ(head.status, 503u);
  EXPECT_EQ(head.length_bytes, 12u);
  EXPECT_EQ(head.retry_after_s, 7u);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_EQ(head.size_bytes, text.size() - 4);
}

TEST(ResponseHead, IsIncompleteUntilItsEmptyLine) {
  const std::string text = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
  ResponseHead head;
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_EQ(read_head(std::string_view{text}.substr(0, size), head), HeadState::incomplete);
  EXPECT_EQ(read_head(text, head), HeadState::complete);
}

TEST(ResponseHead, KnowsWhetherTheConnectionLives) {
  ResponseHead head;
  read_head("HTTP/1.0 200 OK\r\n\r\n", head);
  EXPECT_FALSE(head.keep_alive);
  read_head("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n\r\n", head);
  EXPECT_TRUE(head.keep_alive);
  read_head("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", head);
  EXPECT_FALSE(head.keep_alive);
}

TEST(ResponseHead, RefusesWhatIsNoHttp) {
  ResponseHead head;
  EXPECT_EQ(read_head("SSH-2.0-x\r\n\r\n", head), HeadState::malformed);
  EXPECT_EQ(read_head("HTTP/1.1 2x0 OK\r\n\r\n", head), HeadState::malformed);
  EXPECT_EQ(read_head("HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\n", head), HeadState::malformed);
  EXPECT_EQ(read_head(std::string(20'000, 'a'), head), HeadState::malformed);
}

TEST(ChunkedBody, GivesTheSameContentWhereverItIsCut) {
  const std::string text =
      "5;x=y\r\nhello\r\n1B\r\n, this is twenty-six chars.\r\n0\r\nTrailer: z\r\n\r\nNEXT";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    SCOPED_TRACE(cut);
    ChunkedBody body;
    std::string content;
    const auto sink = [&](std::string_view run) { content += run; };
    auto taken = body.feed(std::string_view{text}.substr(0, cut), sink);
    if (taken == cut) taken += body.feed(std::string_view{text}.substr(cut), sink);
    EXPECT_TRUE(body.done());
    EXPECT_EQ(content, "hello, this is twenty-six chars.");
    EXPECT_EQ(text.substr(taken), "NEXT");
  }
}

TEST(ChunkedBody, RefusesASizeThatIsNone) {
  ChunkedBody body;
  body.feed("zz\r\n", [](std::string_view) {});
  EXPECT_TRUE(body.malformed());
}

}  // namespace
}  // namespace levee::surge
