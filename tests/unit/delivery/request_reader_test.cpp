#include "levee/delivery/request_reader.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace levee::delivery {
namespace {

constexpr std::size_t kLimit = 8192;

struct Reading {
  std::vector<Request> requests;
  ErrorCode error;
};

/// Feeds `bytes` cut at `cut`, and again after each `step` bytes of the rest.
Reading read_in_pieces(std::string_view bytes, std::size_t cut, std::size_t step) {
  RequestReader reader{kLimit};
  Reading reading;
  std::size_t piece = cut;
  while (!reading.error) {
    auto feed = bytes.substr(0, piece);
    bytes.remove_prefix(feed.size());
    piece = step;
    while (!feed.empty()) {
      const auto space = reader.space();
      const auto size = std::min(space.size(), feed.size());
      std::copy_n(feed.begin(), size, space.begin());
      reader.commit(size);
      feed.remove_prefix(size);
      for (;;) {
        auto request = reader.next();
        if (!request) {
          reading.error = request.error();
          return reading;
        }
        if (!*request) break;
        reading.requests.push_back(std::move(**request));
      }
      reader.release();  // as one does who waits for more
    }
    if (bytes.empty()) break;
  }
  return reading;
}

Reading read(std::string_view bytes) { return read_in_pieces(bytes, bytes.size(), 1); }

constexpr std::string_view kTwoRequests =
    "GET /live/show/index.m3u8?_HLS_msn=3 HTTP/1.1\r\nHost: levee\r\nAccept-Encoding: gzip\r\n\r\n"
    "\r\nHEAD /x HTTP/1.1\r\nHost: levee\r\nRange: bytes=0-1\r\nConnection: close\r\n\r\n";

void expect_the_two_requests(const Reading& reading) {
  ASSERT_EQ(reading.error, ErrorCode{});
  ASSERT_EQ(reading.requests.size(), 2u);
  EXPECT_EQ(reading.requests[0].method, Method::get);
  EXPECT_EQ(reading.requests[0].target, "/live/show/index.m3u8?_HLS_msn=3");
  EXPECT_TRUE(reading.requests[0].accepts_gzip);
  EXPECT_TRUE(reading.requests[0].keep_alive);
  EXPECT_EQ(reading.requests[1].method, Method::head);
  EXPECT_EQ(reading.requests[1].range, "bytes=0-1");
  EXPECT_FALSE(reading.requests[1].keep_alive);
}

TEST(RequestReader, GivesTheSameRequestsWhereverTheBytesAreCut) {
  for (std::size_t cut = 0; cut <= kTwoRequests.size(); ++cut) {
    SCOPED_TRACE(cut);
    expect_the_two_requests(read_in_pieces(kTwoRequests, cut, kTwoRequests.size()));
  }
  expect_the_two_requests(read_in_pieces(kTwoRequests, 1, 1));
}

TEST(RequestReader, RefusesAHeadThatIsTooLong) {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(kLimit, 'x');
  EXPECT_EQ(read(head).error, Errc::head_too_large);
  EXPECT_EQ(read_in_pieces(head, 1000, 1000).error, Errc::head_too_large);
}

TEST(RequestReader, TakesAHeadThatJustFits) {
  std::string head = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
  head += std::string(kLimit - head.size() - 4, 'x') + "\r\n\r\n";
  EXPECT_EQ(read(head + head).requests.size(), 2u);
}

TEST(RequestReader, RefusesABareLineFeedAtOnce) {
  EXPECT_EQ(read("GET / HTTP/1.1\n").error, Errc::bare_line_feed);
  EXPECT_EQ(read("GET / HTTP/1.1\r\nHost: a\n").error, Errc::bare_line_feed);
  EXPECT_EQ(read_in_pieces("GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 1, 1).error, Errc::bare_line_feed);
  EXPECT_EQ(read("\n").error, Errc::bare_line_feed);
}

TEST(RequestReader, RefusesBodies) {
  EXPECT_EQ(read("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello").error, Errc::body_refused);
  EXPECT_EQ(read("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n").error,
            Errc::body_refused);
  EXPECT_EQ(read("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n").requests.size(), 1u);
}

TEST(RequestReader, RefusesWhatIsNoRequest) {
  EXPECT_EQ(read("hello\r\n\r\n").error, Errc::malformed_head);
  EXPECT_EQ(read("GET / HTTP/1.1\r\nHost a\r\n\r\n").error, Errc::malformed_head);
  EXPECT_EQ(read("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n").error, Errc::malformed_head);
  EXPECT_EQ(read("GET  / HTTP/1.1\r\nHost: a\r\n\r\n").error, Errc::malformed_head);
  EXPECT_EQ(read("GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n").error, Errc::malformed_head);
  EXPECT_EQ(read(std::string{"GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n", 33}).error, Errc::malformed_head);
  EXPECT_EQ(read("GET / HTTP/2.0\r\nHost: a\r\n\r\n").error, Errc::unsupported_version);
  EXPECT_EQ(read("\r\n\r\n\r\n\r\n\r\n\r\n\r\n").error, Errc::malformed_head);
}

TEST(RequestReader, WantsOneHost) {
  EXPECT_EQ(read("GET / HTTP/1.1\r\n\r\n").error, Errc::missing_host);
  EXPECT_EQ(read("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n").error, Errc::missing_host);
  EXPECT_EQ(read("GET / HTTP/1.0\r\n\r\n").requests.size(), 1u);
}

TEST(RequestReader, ClosesAfterHttp10) {
  EXPECT_FALSE(read("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").requests.at(0).keep_alive);
}

TEST(RequestReader, GivesItsBufferBackWhenNothingInItIsStillToBeTaken) {
  RequestReader reader{kLimit};
  const auto feed = [&](std::string_view bytes) {
    for (std::size_t size = 0; !bytes.empty(); bytes.remove_prefix(size)) {
      const auto space = reader.space();
      size = std::min(space.size(), bytes.size());
      std::copy_n(bytes.begin(), size, space.begin());
      reader.commit(size);
    }
  };
  const auto first = reader.space().size();
  feed("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(3000, 'x') + "\r\n\r\nGET");
  ASSERT_TRUE(*reader.next());
  reader.release();
  EXPECT_EQ(reader.rest(), "GET");
  feed(" / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(*reader.next());
  EXPECT_GT(reader.space().size(), first);
  reader.release();
  EXPECT_EQ(reader.space().size(), first);
}

TEST(RequestReader, TakesWhatSomebodyElseHasReceivedAndNoMoreThanItsLimit) {
  RequestReader reader{kLimit};
  reader.take("GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTT");
  reader.take("P/1.1\r\nHost: a\r\n\r\n");
  const auto first = reader.next();
  ASSERT_TRUE(first && *first);
  EXPECT_EQ((*first)->target, "/a");
  const auto second = reader.next();
  ASSERT_TRUE(second && *second);
  EXPECT_EQ((*second)->target, "/b");

  reader.take(std::string(kLimit + 1, 'x'));
  EXPECT_EQ(reader.rest().size(), kLimit);
  EXPECT_EQ(reader.next().error(), Errc::head_too_large);
}

TEST(RequestReader, KeepsTheBytesOfAnUpgrade) {
  const std::string head =
      "GET /rt?v=1 HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nOrigin: http://a\r\n\r\n";
  RequestReader reader{kLimit};
  reader.take(head + "more");
  const auto request = reader.next();
  ASSERT_TRUE(request && *request);
  EXPECT_TRUE((*request)->websocket);
  EXPECT_EQ((*request)->websocket_key, "dGhlIHNhbXBsZSBub25jZQ==");
  EXPECT_EQ((*request)->origin, "http://a");
  EXPECT_EQ(reader.last_head(), head);
  EXPECT_EQ(reader.rest(), "more");
}

}  // namespace
}  // namespace levee::delivery
