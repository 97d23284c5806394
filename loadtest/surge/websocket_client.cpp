#include "surge/websocket_client.hpp"

#include "surge/response_head.hpp"

namespace levee::surge {
namespace {

constexpr std::size_t kMostFrame = 1 << 20;
constexpr unsigned kFinal = 0x80;
constexpr unsigned kMasked = 0x80;

}  // namespace

std::string WebSocketClient::upgrade_request(std::string_view host, std::string_view path) {
  std::string text = "GET ";
  text += path;
  text += " HTTP/1.1\r\nHost: ";
  text += host;
  // Any key does: nothing between us and the server could take this for something else.
  text +=
      "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: bGV2ZWUtc3VyZ2UtY2hhdA==\r\n\r\n";
  return text;
}

std::string WebSocketClient::frame(std::uint8_t opcode, std::string_view text, std::uint32_t mask) {
  std::string bytes;
  bytes += static_cast<char>(kFinal | opcode);
  if (text.size() < 126) {
    bytes += static_cast<char>(kMasked | text.size());
  } else {
    bytes += static_cast<char>(kMasked | 126);
    bytes += static_cast<char>(text.size() >> 8 & 0xff);
    bytes += static_cast<char>(text.size() & 0xff);
  }
  const auto key = [&](std::size_t i) { return static_cast<unsigned char>(mask >> (8 * (i % 4))); };
  for (std::size_t i = 0; i < 4; ++i) bytes += static_cast<char>(key(i));
  for (std::size_t i = 0; i < text.size(); ++i)
    bytes += static_cast<char>(static_cast<unsigned char>(text[i]) ^ key(i));
  return bytes;
}

bool WebSocketClient::take_upgrade() {
  ResponseHead head;
  const auto state = read_head(input_, head);
  if (state == HeadState::incomplete) return false;
  failed_ = state == HeadState::malformed || head.status != 101;
  upgraded_ = !failed_;
  if (upgraded_) input_.erase(0, head.size_bytes);
  return upgraded_;
}

std::optional<WebSocketClient::Message> WebSocketClient::next() {
  if (failed_ || (!upgraded_ && !take_upgrade())) return {};
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(input_[i]); };
  while (input_.size() >= 2) {
    std::size_t head = 2;
    std::size_t size = byte(1);
    if (size >= 126) {
      const std::size_t digits = size == 126 ? 2 : 8;
      if (input_.size() < head + digits) return {};
      size = 0;
      for (std::size_t i = 0; i < digits; ++i) size = size << 8 | byte(head + i);
      head += digits;
    }
    if (size > kMostFrame) failed_ = true;
    if (failed_ || input_.size() < head + size) return {};
    const auto opcode = byte(0) & 0x0f;
    Message message{Message::Kind::text, input_.substr(head, size)};
    input_.erase(0, head + size);
    if (opcode == 8) message.kind = Message::Kind::close;
    if (opcode == 9) message.kind = Message::Kind::ping;
    if (opcode != 10) return message;  // a pong says nothing
  }
  return {};
}

}  // namespace levee::surge
