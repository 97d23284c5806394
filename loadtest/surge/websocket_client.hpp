#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace levee::surge {

/// The client's side of WebSocket, over bytes: the upgrade, then text frames. Does no I/O: feed what comes,
/// send what is given. Small frames only, as chat has them.
///
/// Errors: what is no WebSocket makes `failed()` true for good.
/// Source: RFC 6455 sections 4.1 and 5.
class WebSocketClient {
 public:
  /// What came from the server.
  struct Message {
    enum class Kind { text, ping, close } kind = Kind::text;
    std::string text;  ///< a ping's is to be sent back
  };

  /// The request that asks for the upgrade.
  static std::string upgrade_request(std::string_view host, std::string_view path);
  /// A frame with a text in it. `mask`: any number; the server takes it off again.
  static std::string text_frame(std::string_view text, std::uint32_t mask) { return frame(1, text, mask); }
  static std::string pong_frame(std::string_view text, std::uint32_t mask) { return frame(10, text, mask); }

  void feed(std::string_view bytes) { input_ += bytes; }
  /// The next whole message, or nothing until more bytes are fed.
  std::optional<Message> next();

  bool upgraded() const { return upgraded_; }
  bool failed() const { return failed_; }

 private:
  static std::string frame(std::uint8_t opcode, std::string_view text, std::uint32_t mask);
  bool take_upgrade();

  std::string input_;
  bool upgraded_ = false;
  bool failed_ = false;
};

}  // namespace levee::surge
