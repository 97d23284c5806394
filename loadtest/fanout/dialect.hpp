#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace levee::fanout {

/// How a server is talked to: levee's protocol, or plain texts that it hands to everybody as they are.
enum class Dialect { levee, plain };

/// The text of a message: 200 bytes, its number in the first ten.
std::string message_text(std::uint64_t number);

/// Where a client was when it left.
struct Whereabouts {
  std::string token;  ///< to resume the session with; empty on the first visit
  std::string epoch;
  std::uint64_t offset = 0;  ///< of the last message seen
};

/// The first words of a client of levee: who it is, and that it wants the channel (from where it was).
std::string hello_text(std::string_view channel, const Whereabouts& was);
/// What a client sends to publish a text.
std::string publish_text(Dialect dialect, std::string_view channel, std::string_view text);

/// What a text frame from the server says, as far as a load generator cares.
struct Heard {
  enum class Kind {
    other,
    message,   ///< `number`; `offset` where the server gives one
    greeting,  ///< `text`: the token to resume with
    started,   ///< `text`: the epoch; messages after `from` up to `offset` follow
    gap,       ///< messages up to `offset` will not come
    refused,
  };
  Kind kind = Kind::other;
  std::uint64_t number = 0;
  std::optional<std::uint64_t> offset = {};
  std::uint64_t from = 0;
  bool recovered = false;
  std::string_view text = {};  ///< Lifetime: that of the frame
};

/// Reads a frame. No JSON parser: it looks for the few fields where levee writes them, in tens of
/// nanoseconds.
Heard read_frame(Dialect dialect, std::string_view frame);

}  // namespace levee::fanout
