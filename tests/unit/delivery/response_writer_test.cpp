#include "delivery/response_writer.hpp"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "delivery/heads.hpp"
#include "support/parts.hpp"

namespace levee::delivery {
namespace {

constexpr std::string_view kDate = "Date: now\r\n";

/// What a socket that takes at most `step` bytes at once would have sent.
std::string written(const Response& response, bool with_body, bool keep_alive, std::size_t step) {
  ResponseWriter writer{response, kDate, with_body, keep_alive};
  std::string out;
  while (!writer.done()) {
    std::string offered;
    for (const auto& buffer : writer.buffers())
      offered.append(static_cast<const char*>(buffer.data()), buffer.size());
    const auto taken = std::min(step, offered.size());
    out += offered.substr(0, taken);
    writer.consume(taken);
  }
  return out;
}

TEST(ResponseWriter, SendsTheSameHoweverLittleTheSocketTakes) {
  const Head head{200, "HTTP/1.1 200 OK\r\n"};
  Response response;
  response.head = &head;
  std::string body;
  for (int i = 0; i < 50; ++i) {
    const auto piece = test::media_bytes("piece " + std::to_string(i));
    response.body.add(piece);
    body += as_text(*piece);
  }
  const std::string expected =
      "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\nDate: now\r\n\r\n" + body;
  for (std::size_t step = 1; step < 100; ++step)
    EXPECT_EQ(written(response, true, true, step), expected) << step;
  EXPECT_EQ(written(response, true, true, 100'000), expected);
}

TEST(ResponseWriter, SendsNoBodyForHeadAndSaysWhenItCloses) {
  const Head head{200, "HTTP/1.1 200 OK\r\n"};
  Response response;
  response.head = &head;
  response.body.add(test::media_bytes("abc"));
  EXPECT_EQ(written(response, false, false, 1000),
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nDate: now\r\nConnection: close\r\n\r\n");
}

TEST(ResponseWriter, TellsWhoMustWaitWhenToComeBack) {
  const Head head{503, "HTTP/1.1 503 Service Unavailable\r\n"};
  Response response;
  response.head = &head;
  response.come_back = ComeBack{};
  response.come_back->after = std::chrono::seconds{7};
  EXPECT_EQ(written(response, true, true, 1000),
            "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 7\r\nDate: now\r\n\r\n");
  response.come_back->estimate = std::chrono::milliseconds{12'345};
  response.come_back->ticket.fill('t');
  EXPECT_EQ(
      written(response, true, true, 1000),
      "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 7\r\nLevee-Wait-Ms: 12345\r\n"
      "Levee-Ticket: tttttttttttttttttttttttttttttttt\r\nDate: now\r\n\r\n");
}

TEST(ResponseWriter, HoldsTheLongestOwnLines) {
  constexpr auto kLargest = ~std::uint64_t{0};
  const Head head{206, "HTTP/1.1 206 Partial Content\r\n"};
  Response response;
  response.head = &head;
  response.range = ContentRange{kLargest, kLargest, kLargest};
  response.come_back = ComeBack{std::chrono::seconds::max(), Duration::max(), {}};
  response.come_back->ticket.fill('t');
  ResponseWriter writer{response, "Date: Sun, 22 Nov 2026 22:26:33 GMT\r\n", true, false};
  EXPECT_FALSE(writer.done());
}

TEST(Body, SlicesAcrossItsPieces) {
  const auto sliced = [](std::uint64_t first, std::uint64_t count) {
    Body body;
    for (const char* text : {"abc", "", "de", "fghi"}) body.add(test::media_bytes(text));
    body.slice(first, count);
    std::string out;
    for (std::size_t i = 0; i < body.pieces(); ++i) out += as_text(body.piece(i));
    EXPECT_EQ(body.size(), count);
    return out;
  };
  const std::string whole = "abcdefghi";
  for (std::size_t first = 0; first <= whole.size(); ++first) {
    for (std::size_t count = 0; first + count <= whole.size(); ++count)
      EXPECT_EQ(sliced(first, count), whole.substr(first, count));
  }
}

}  // namespace
}  // namespace levee::delivery
