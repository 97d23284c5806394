#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "levee/base/bytes.hpp"
#include "levee/base/result.hpp"

namespace levee::delivery {

/// Close codes of RFC 6455 section 7.4.1 that we send ourselves; further ones stand in docs/protocol.md.
enum class WebSocketClose : std::uint16_t {
  normal = 1000,
  going_away = 1001,
  protocol_error = 1002,
  unsupported = 1003,
  no_code = 1005,  ///< never on the wire: a close frame without a code
  not_utf8 = 1007,
  too_big = 1009,
};

/// A text message of the client, put together from its frames.
struct WebSocketText {
  std::string text;  ///< UTF-8, whole
};
/// To be answered with a pong of the same payload.
struct WebSocketPing {
  std::string payload;
};
/// The client lives.
struct WebSocketPong {};
/// The client closes, and says why.
struct WebSocketClosed {
  std::uint16_t code = static_cast<std::uint16_t>(WebSocketClose::no_code);
  std::string reason;
};
using WebSocketEvent = std::variant<WebSocketText, WebSocketPing, WebSocketPong, WebSocketClosed>;

/// Turns bytes of a client into WebSocket messages. Does no I/O and keeps no clock.
///
/// Feed bytes as they arrive, in pieces of any size; then take events until there are none: the result does
/// not depend on where the pieces were cut.
///
/// Errors: the first one is final, and is the code to close with: protocol_error (unmasked or reserved
/// frames, fragments out of order, bad control frames, bad close codes), unsupported (a binary message),
/// not_utf8, too_big. Limits: a message, with all its fragments, at most `max_message` bytes: refused at the
/// frame's head. Nothing is held between messages when what was fed ends with one. Source: RFC 6455 section 5
/// (framing), 7.4 (status codes), 8.1 (UTF-8). No extension is negotiated.
class WebSocketReader {
 public:
  explicit WebSocketReader(std::size_t max_message) : max_message_{max_message} {}

  /// Adds bytes to the input. They are copied.
  void feed(BytesView bytes);

  /// The next event, or nothing until more bytes are fed. After WebSocketClosed there is none.
  Result<std::optional<WebSocketEvent>> next();

 private:
  struct Head {
    bool final = false;
    std::uint8_t opcode = 0;
    std::size_t size = 0;       ///< of the head
    std::uint64_t payload = 0;  ///< bytes
    std::uint32_t mask = 0;
  };

  Result<std::optional<Head>> read_head();
  Result<void> check_head(const Head& head, bool minimal) const;
  std::string take_payload(const Head& head);
  Result<std::optional<WebSocketEvent>> take_control(const Head& head);
  Result<std::optional<WebSocketEvent>> take_data(const Head& head);

  std::size_t max_message_;
  Bytes input_;
  std::string message_;  ///< fragments so far
  bool in_message_ = false;
  bool closed_ = false;
  std::optional<boost::system::error_code> failed_;
};

/// The category of WebSocketReader's errors; their values are close codes.
const boost::system::error_category& websocket_category();
ErrorCode make_error_code(WebSocketClose code);

/// Frames of a server: never masked, never fragmented.
Bytes websocket_text(std::string_view text);
/// `payload` is cut to 125 bytes, as any control frame's.
Bytes websocket_ping(std::string_view payload = {});
Bytes websocket_pong(std::string_view payload);
/// no_code makes an empty close frame. `reason` is cut to 123 bytes.
Bytes websocket_close(std::uint16_t code, std::string_view reason = {});

}  // namespace levee::delivery
