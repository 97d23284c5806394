#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace levee::fanout {

/// Cuts what one server sends into WebSocket frames, without copying those that arrive whole.
///
/// Errors: a masked, continued or oversized frame is none that these servers send; `feed` is false then, and
/// the connection is of no use any more.
/// Limits: a frame of 1 MiB. Memory is taken only while a frame has come in part.
/// Source: RFC 6455 section 5.2.
class FrameReader {
 public:
  enum Opcode : std::uint8_t { text = 1, close = 8, ping = 9, pong = 10 };

  /// Calls `take(opcode, payload)` for each frame that is whole now, in order, and keeps the rest. The
  /// payload lives until `take` returns.
  template <class Take>
  bool feed(std::string_view bytes, Take take) {
    if (!rest_.empty()) {
      rest_ += bytes;
      const auto used = take_frames(rest_, take);
      if (used == kBroken) return false;
      rest_.erase(0, used);
      if (rest_.empty()) std::string{}.swap(rest_);
      return true;
    }
    const auto used = take_frames(bytes, take);
    if (used == kBroken) return false;
    rest_ = bytes.substr(used);
    return true;
  }

 private:
  static constexpr std::size_t kBroken = std::string_view::npos;
  static constexpr std::size_t kMostPayload = 1024 * 1024;

  /// Where a frame's payload begins and how long it is.
  struct Head {
    std::size_t size = 0;  ///< of the head itself; 0: not whole yet
    std::size_t payload = 0;
  };

  static Head read_head(std::string_view bytes) {
    const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(bytes[at]); };
    if (bytes.size() < 2) return {};
    const std::size_t length = byte(1) & 127U;
    if (length < 126) return {2, length};
    const std::size_t count = length == 126 ? 2 : 8;
    if (bytes.size() < 2 + count) return {};
    std::size_t value = 0;
    for (std::size_t i = 0; i < count; ++i) value = value << 8 | byte(2 + i);
    return {2 + count, value};
  }

  template <class Take>
  static std::size_t take_frames(std::string_view bytes, Take& take) {
    std::size_t at = 0;
    for (;;) {
      const auto head = read_head(bytes.substr(at));
      if (head.size == 0) return at;
      const auto first = static_cast<std::uint8_t>(bytes[at]);
      const bool masked = (static_cast<std::uint8_t>(bytes[at + 1]) & 128U) != 0;
      if ((first & 0xf0U) != 0x80U || masked || head.payload > kMostPayload) return kBroken;
      if (bytes.size() - at < head.size + head.payload) return at;
      take(static_cast<Opcode>(first & 15U), bytes.substr(at + head.size, head.payload));
      at += head.size + head.payload;
    }
  }

  std::string rest_;  ///< of a frame that is not whole yet
};

}  // namespace levee::fanout
