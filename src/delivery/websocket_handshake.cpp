#include "levee/delivery/websocket_handshake.hpp"

#include <array>

#include <openssl/evp.h>

namespace levee::delivery {
namespace {

// 16 bytes in base64, as RFC 6455 section 4.1 has it.
bool is_key(const std::string& key) {
  if (key.size() != 24 || !key.ends_with("==")) return false;
  std::array<unsigned char, 18> bytes{};
  return EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(key.data()), 24) == 18;
}

std::string refusal(const std::string& status, const std::string& more) {
  return "HTTP/1.1 " + status + "\r\n" + more + "Content-Length: 0\r\nConnection: close\r\n\r\n";
}

}  // namespace

std::string websocket_accept(const std::string& key) {
  const std::string text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
  std::array<unsigned char, 4 * EVP_MAX_MD_SIZE / 3 + 4> encoded{};
  const int length = EVP_EncodeBlock(encoded.data(), digest.data(), static_cast<int>(size));
  return {reinterpret_cast<const char*>(encoded.data()), static_cast<std::size_t>(length)};
}

WebSocketAnswer answer_upgrade(const UpgradeRequest& request) {
  if (request.version != "13")
    return {false, refusal("426 Upgrade Required", "Sec-WebSocket-Version: 13\r\nUpgrade: websocket\r\n")};
  if (!is_key(request.key)) return {false, refusal("400 Bad Request", "")};
  return {true,
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          "Sec-WebSocket-Accept: " +
              websocket_accept(request.key) + "\r\n\r\n"};
}

}  // namespace levee::delivery
