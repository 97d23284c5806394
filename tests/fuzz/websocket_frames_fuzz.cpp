#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "levee/delivery/websocket_frames.hpp"
#include "levee/realtime/text_rules.hpp"

using namespace levee;
using namespace levee::delivery;

namespace {

constexpr std::size_t kMaxMessage = 4096;

std::string read_all(std::span<const std::uint8_t> bytes, std::size_t piece) {
  WebSocketReader reader{kMaxMessage};
  std::string seen;
  while (!bytes.empty()) {
    const auto size = piece == 0 || piece > bytes.size() ? bytes.size() : piece;
    reader.feed(std::as_bytes(bytes.first(size)));
    bytes = bytes.subspan(size);
    for (;;) {
      auto event = reader.next();
      if (!event) return seen + "error " + std::to_string(event.error().value());
      if (!*event) break;
      if (const auto* text = std::get_if<WebSocketText>(&**event)) {
        if (text->text.size() > kMaxMessage || !realtime::count_code_points(text->text)) std::abort();
        seen += "text " + text->text + "\n";
      } else if (const auto* ping = std::get_if<WebSocketPing>(&**event)) {
        if (ping->payload.size() > 125) std::abort();
        seen += "ping " + ping->payload + "\n";
      } else if (const auto* closed = std::get_if<WebSocketClosed>(&**event)) {
        seen += "close " + std::to_string(closed->code) + closed->reason + "\n";
      } else {
        seen += "pong\n";
      }
    }
  }
  return seen;
}

}  // namespace

// The first byte chooses the size of the pieces; the events must not depend on it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::span bytes{data + 1, size - 1};
  if (read_all(bytes, 0) != read_all(bytes, data[0] % 32u + 1u)) std::abort();
  return 0;
}
