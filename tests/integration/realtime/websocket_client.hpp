#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

namespace levee::test {

/// A WebSocket client that is not ours: Beast's. Blocks, at most for the time given.
class WebSocketClient {
 public:
  explicit WebSocketClient(std::uint16_t port, const std::string& target = "/rt?v=1");
  ~WebSocketClient();

  void send(const std::string& text);
  /// The next message; nothing when none came in time, or the connection was closed.
  std::optional<nlohmann::json> receive(std::chrono::milliseconds patience = std::chrono::seconds{5});
  /// The next message that has `field`; others are passed over.
  nlohmann::json expect(const std::string& field,
                        std::chrono::milliseconds patience = std::chrono::seconds{5});
  /// Says hello with a nickname, and gives the answer.
  nlohmann::json hello(const std::string& nickname, const std::string& more = "");
  /// The code with which the server closed; 0 when it did not.
  std::uint16_t close_code() const;
  /// Cuts the connection, without a word.
  void cut();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace levee::test
