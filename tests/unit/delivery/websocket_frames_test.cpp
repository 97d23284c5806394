#include "levee/delivery/websocket_frames.hpp"

#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "levee/delivery/realtime_identities.hpp"
#include "levee/delivery/websocket_handshake.hpp"

namespace levee::delivery {
namespace {

constexpr std::size_t kMaxMessage = 4096;

/// A frame as a client sends it.
std::string client_frame(std::uint8_t first, const std::string& payload) {
  const std::string mask = "\x11\x22\x33\x44";
  std::string frame{static_cast<char>(first)};
  if (payload.size() < 126) {
    frame += static_cast<char>(0x80 | payload.size());
  } else {
    frame += static_cast<char>(0x80 | 126);
    frame += static_cast<char>(payload.size() >> 8);
    frame += static_cast<char>(payload.size() & 0xFF);
  }
  frame += mask;
  for (std::size_t i = 0; i < payload.size(); ++i) frame += static_cast<char>(payload[i] ^ mask[i % 4]);
  return frame;
}

std::string name_of(const WebSocketEvent& event) {
  if (const auto* text = std::get_if<WebSocketText>(&event)) return "text " + text->text;
  if (const auto* ping = std::get_if<WebSocketPing>(&event)) return "ping " + ping->payload;
  if (const auto* closed = std::get_if<WebSocketClosed>(&event))
    return "close " + std::to_string(closed->code) + " " + closed->reason;
  return "pong";
}

/// Everything that is read from `pieces`, an error last.
std::vector<std::string> read(const std::vector<std::string>& pieces) {
  WebSocketReader reader{kMaxMessage};
  std::vector<std::string> seen;
  for (const auto& piece : pieces) {
    reader.feed(as_bytes(piece));
    for (;;) {
      const auto event = reader.next();
      if (!event) {
        seen.push_back("error " + std::to_string(event.error().value()));
        return seen;
      }
      if (!*event) break;
      seen.push_back(name_of(**event));
    }
  }
  return seen;
}

using Names = std::vector<std::string>;

TEST(WebSocketReader, ReadsTheSameEventsWhereverTheBytesAreCut) {
  const auto bytes = client_frame(0x81, R"({"p":1})") + client_frame(0x01, "ab") + client_frame(0x89, "hey") +
                     client_frame(0x80, "cd") + client_frame(0x8A, "") +
                     client_frame(0x81, std::string(300, 'x')) +
                     client_frame(0x88,
                                  "\x03\xE8"
                                  "bye");
  const Names expected{R"(text {"p":1})", "ping hey", "text abcd", "pong", "text " + std::string(300, 'x'),
                       "close 1000 bye"};
  EXPECT_EQ(read({bytes}), expected);
  std::vector<std::string> single;
  for (const char byte : bytes) single.emplace_back(1, byte);
  EXPECT_EQ(read(single), expected);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    SCOPED_TRACE(cut);
    ASSERT_EQ(read({bytes.substr(0, cut), bytes.substr(cut)}), expected);
  }
}

// RFC 6455 section 5.1: a server must close on an unmasked frame.
TEST(WebSocketReader, RefusesAnUnmaskedFrame) { EXPECT_EQ(read({"\x81\x01x"}), Names{"error 1002"}); }

// Section 5.2: reserved bits and opcodes, and lengths in the fewest bytes.
TEST(WebSocketReader, RefusesWhatIsReserved) {
  EXPECT_EQ(read({client_frame(0xC1, "x")}), Names{"error 1002"});
  EXPECT_EQ(read({client_frame(0x83, "x")}), Names{"error 1002"});
  EXPECT_EQ(read({client_frame(0x8B, "x")}), Names{"error 1002"});
  EXPECT_EQ(read({std::string("\x81\xFE\x00\x05\x01\x02\x03\x04"
                              "abcde",
                              13)}),
            Names{"error 1002"});
}

// Section 5.4: fragments are not mixed.
TEST(WebSocketReader, RefusesFragmentsOutOfOrder) {
  EXPECT_EQ(read({client_frame(0x80, "x")}), Names{"error 1002"});
  EXPECT_EQ(read({client_frame(0x01, "x") + client_frame(0x81, "y")}), Names{"error 1002"});
}

// Section 5.5: control frames are whole, and at most 125 bytes.
TEST(WebSocketReader, RefusesBadControlFrames) {
  EXPECT_EQ(read({client_frame(0x09, "x")}), Names{"error 1002"});
  EXPECT_EQ(read({client_frame(0x89, std::string(126, 'x'))}), Names{"error 1002"});
}

TEST(WebSocketReader, ReadsCloseFramesAndRefusesBadOnes) {
  EXPECT_EQ(read({client_frame(0x88, "")}), Names{"close 1005 "});
  EXPECT_EQ(read({client_frame(0x88, "\x0F\xA0")}), Names{"close 4000 "});
  EXPECT_EQ(read({client_frame(0x88, "x")}), Names{"error 1002"});
  EXPECT_EQ(read({client_frame(0x88, "\x03\xED")}), Names{"error 1002"}) << "1005 is never on the wire";
  EXPECT_EQ(read({client_frame(0x88, "\x03\xE8\xFF")}), Names{"error 1007"});
  EXPECT_EQ(read({client_frame(0x88, "") + client_frame(0x81, "late")}), Names{"close 1005 "});
}

TEST(WebSocketReader, TakesTextOnly) {
  EXPECT_EQ(read({client_frame(0x82, "x")}), Names{"error 1003"});
  EXPECT_EQ(read({client_frame(0x81, "\xFF")}), Names{"error 1007"});
  EXPECT_EQ(read({client_frame(0x01, "\xE2\x82") + client_frame(0x80, "\xAC")}), Names{"text \xE2\x82\xAC"})
      << "a character may be cut by a fragment";
}

TEST(WebSocketReader, RefusesABigMessageAtItsHead) {
  EXPECT_EQ(read({client_frame(0x81, std::string(kMaxMessage, 'x'))}).front().size(), kMaxMessage + 5);
  const auto head = client_frame(0x81, std::string(kMaxMessage + 1, 'x')).substr(0, 4);
  EXPECT_EQ(read({head}), Names{"error 1009"});
  EXPECT_EQ(read({client_frame(0x01, std::string(kMaxMessage, 'x')) + client_frame(0x80, "y")}),
            Names{"error 1009"});
  EXPECT_EQ(read({std::string("\x81\xFF\x80\x00\x00\x00\x00\x00\x00\x00", 10)}), Names{"error 1009"});
}

TEST(WebSocketFrames, AreWrittenInTheFewestBytes) {
  EXPECT_EQ(as_text(websocket_text("hi")), "\x81\x02hi");
  EXPECT_EQ(as_text(websocket_text(std::string(126, 'x'))).substr(0, 4), std::string("\x81\x7E\x00\x7E", 4));
  EXPECT_EQ(as_text(websocket_text(std::string(65536, 'x'))).substr(0, 10),
            std::string("\x81\x7F\x00\x00\x00\x00\x00\x01\x00\x00", 10));
  EXPECT_EQ(as_text(websocket_close(1012, "retry")), "\x88\x07\x03\xF4retry");
  EXPECT_EQ(as_text(websocket_close(1005)), std::string("\x88\x00", 2));
  EXPECT_EQ(websocket_close(1000, std::string(200, 'x')).size(), 127u);
  EXPECT_EQ(as_text(websocket_pong("x")), "\x8A\x01x");
}

// The example of RFC 6455 section 1.3.
TEST(WebSocketHandshake, AnswersTheKey) {
  EXPECT_EQ(websocket_accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  UpgradeRequest request;
  request.version = "13";
  request.key = "dGhlIHNhbXBsZSBub25jZQ==";
  const auto answer = answer_upgrade(request);
  EXPECT_TRUE(answer.accepted);
  EXPECT_NE(answer.head.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), std::string::npos);
}

TEST(WebSocketHandshake, RefusesOtherVersionsAndBadKeys) {
  UpgradeRequest request;
  request.version = "8";
  request.key = "dGhlIHNhbXBsZSBub25jZQ==";
  EXPECT_TRUE(answer_upgrade(request).head.starts_with("HTTP/1.1 426 "));
  request.version = "13";
  for (const std::string key : {"", "abc", "dGhlIHNhbXBsZSBub25jZQ", "************************"}) {
    request.key = key;
    EXPECT_TRUE(answer_upgrade(request).head.starts_with("HTTP/1.1 400 ")) << key;
  }
}

TEST(RealtimeIdentities, KnowAgainWhomTheyNamed) {
  RealtimeIdentities ours{"secret"};
  RealtimeIdentities others{"other"};
  const auto session = ours.new_session();
  EXPECT_EQ(session.size(), 15u);
  EXPECT_NE(session, ours.new_session());
  const auto token = ours.resume_token({session, {}}, 1000);
  EXPECT_EQ(ours.verify(token, 999), (realtime::Resumption{session, {}}));
  EXPECT_FALSE(ours.verify(token, 1000)) << "too old";
  EXPECT_FALSE(others.verify(token, 999));
  EXPECT_FALSE(ours.verify("x" + token, 999));
  EXPECT_FALSE(ours.verify("", 999));
  EXPECT_FALSE(ours.verify(session, 999));
}

}  // namespace
}  // namespace levee::delivery
