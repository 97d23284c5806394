#pragma once

#include <array>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "levee/base/bytes.hpp"
#include "levee/rtmp/amf0.hpp"
#include "levee/rtmp/chunk.hpp"
#include "levee/rtmp/handshake.hpp"
#include "levee/rtmp/publish_session.hpp"

namespace levee::rtmp::testing {

inline constexpr std::array<std::byte, Handshake::kRandomSize> kRandom{};

template <class... Byte>
Bytes bytes(Byte... value) {
  return Bytes{static_cast<std::byte>(value)...};
}

inline Bytes concat(std::initializer_list<Bytes> pieces) {
  Bytes all;
  for (const auto& piece : pieces) all.insert(all.end(), piece.begin(), piece.end());
  return all;
}

/// What a client sent in a whole session, as recorded on a socket.
inline Bytes capture(std::string_view name) {
  std::ifstream file{std::string{LEVEE_SOURCE_DIR "/tests/fixtures/rtmp/"}.append(name), std::ios::binary};
  EXPECT_TRUE(file) << name;
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  const auto view = as_bytes(text);
  return {view.begin(), view.end()};
}

/// C0, C1 and C2 as a simple client sends them.
inline Bytes handshake() {
  Bytes sent(1 + 2 * Handshake::kPacketSize);
  sent[0] = std::byte{3};
  return sent;
}

inline Bytes chunks(const Message& message) {
  Bytes out;
  ChunkEncoder{}.encode(message, out);
  return out;
}

inline Bytes command(std::vector<amf0::Value> values, std::uint32_t stream = 0) {
  Message message{.chunk_stream = 3, .type = MessageType::command_amf0, .stream = stream, .body = {}};
  for (const auto& value : values) amf0::encode(value, message.body);
  return chunks(message);
}

inline Bytes connect(std::string_view app = "live") {
  return command({"connect", 1.0, amf0::Object{{{"app", app}, {"tcUrl", "rtmp://host/live"}}}});
}

inline Bytes create_stream() { return command({"createStream", 4.0, nullptr}); }

inline Bytes publish(std::string_view key = "key?token=x") {
  return command({"publish", 5.0, nullptr, key, "live"}, 1);
}

inline Bytes media(MessageType type, std::uint32_t timestamp, Bytes body) {
  return chunks(
      {.chunk_stream = 6, .type = type, .stream = 1, .timestamp = timestamp, .body = std::move(body)});
}

/// An AVC sequence header message body: 640x360, Constrained Baseline.
inline Bytes avc_header() {
  return bytes(0x17, 0, 0, 0, 0, 0x01, 0x42, 0xc0, 0x1e, 0xff, 0xe1, 0x00, 0x1b, 0x67, 0x42, 0xc0, 0x1e, 0xda,
               0x02, 0x80, 0xbf, 0xe5, 0xc0, 0x5a, 0x80, 0x80, 0x80, 0xa0, 0x00, 0x00, 0x03, 0x00, 0x20, 0x00,
               0x00, 0x07, 0x91, 0xe2, 0xc5, 0xd4, 0x01, 0x00, 0x04, 0x68, 0xce, 0x3c, 0x80);
}

/// An AAC sequence header message body as OBS sends it: 48 kHz stereo LC, "no SBR" said in five bytes.
inline Bytes aac_header() { return bytes(0xaf, 0, 0x11, 0x90, 0x56, 0xe5, 0x00); }

/// A message body with one NAL unit that begins an IDR picture, or another one.
inline Bytes avc_frame(bool idr, int composition_ms = 0) {
  return bytes(idr ? 0x17 : 0x27, 1, composition_ms >> 16 & 0xff, composition_ms >> 8 & 0xff,
               composition_ms & 0xff, 0, 0, 0, 3, idr ? 0x65 : 0x41, 0x88, 0x80);
}

inline Bytes aac_frame() { return bytes(0xaf, 1, 0x21, 0x1a, 0x4f); }

/// What became of one session.
struct Outcome {
  std::vector<PublishSession::Event> events;
  ErrorCode error;
  Bytes output;

  template <class T>
  std::vector<T> all() const {
    std::vector<T> found;
    for (const auto& event : events)
      if (const auto* one = std::get_if<T>(&event)) found.push_back(*one);
    return found;
  }
};

/// Takes all events; a publisher is accepted at once.
inline void drain(PublishSession& session, Outcome& outcome) {
  for (;;) {
    auto event = session.next();
    if (!event) {
      outcome.error = event.error();
      break;
    }
    if (!*event) break;
    const auto asked = std::holds_alternative<PublishRequested>(**event);
    outcome.events.push_back(std::move(**event));
    if (asked) session.accept();
  }
  const auto output = session.take_output();
  outcome.output.insert(outcome.output.end(), output.begin(), output.end());
}

inline Outcome run(PublishSession& session, BytesView sent, std::size_t piece = 16 * 1024) {
  Outcome outcome;
  while (!sent.empty() && !outcome.error) {
    const auto size = std::min(piece, sent.size());
    session.feed(sent.first(size));
    sent = sent.subspan(size);
    drain(session, outcome);
  }
  return outcome;
}

inline Outcome run(BytesView sent, std::size_t piece = 16 * 1024) {
  PublishSession session{{}, kRandom};
  return run(session, sent, piece);
}

/// The chunk size of a server's output once it has answered connect.
inline constexpr std::uint32_t kConnected = 4096;

/// A server's output, after its part of the handshake, as messages.
inline std::vector<Message> messages(BytesView output, std::uint32_t chunk_size = kInitialChunkSize) {
  ChunkDecoder decoder{ChunkLimits{}};
  Message size{.type = MessageType::set_chunk_size, .body = {}};
  ByteWriter{size.body}.u32(chunk_size);
  decoder.feed(chunks(size));
  decoder.feed(output);
  std::vector<Message> found;
  for (;;) {
    auto message = decoder.next();
    EXPECT_TRUE(message.has_value()) << message.error().message();
    if (!message || !*message) return found;
    found.push_back(std::move(**message));
  }
}

/// The commands among them.
inline std::vector<std::vector<amf0::Value>> commands(BytesView output,
                                                      std::uint32_t chunk_size = kInitialChunkSize) {
  std::vector<std::vector<amf0::Value>> found;
  for (const auto& message : messages(output, chunk_size)) {
    if (message.type != MessageType::command_amf0) continue;
    auto values = amf0::decode(message.body);
    EXPECT_TRUE(values.has_value());
    if (values) found.push_back(std::move(*values));
  }
  return found;
}

/// A property of the last argument of a command: the "code" or "description" of what a server says.
inline std::string said(const std::vector<amf0::Value>& command, std::string_view property) {
  const auto* value = command.empty() ? nullptr : command.back().find(property);
  const auto* text = value ? value->get<std::string>() : nullptr;
  return text ? *text : "";
}

}  // namespace levee::rtmp::testing
