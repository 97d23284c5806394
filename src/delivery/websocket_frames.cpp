#include "levee/delivery/websocket_frames.hpp"

#include <algorithm>
#include <utility>

#include "levee/realtime/text_rules.hpp"

namespace levee::delivery {
namespace {

enum Opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

constexpr std::size_t kMaxControl = 125;

bool is_control(std::uint8_t opcode) { return opcode >= 8; }

bool is_utf8(std::string_view text) { return realtime::count_code_points(text).has_value(); }

// RFC 6455 section 7.4.1 and 7.4.2: what may stand in a close frame.
bool is_close_code(std::uint16_t code) {
  if (code >= 3000) return code < 5000;
  return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
}

class CloseCategory final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "websocket"; }
  std::string message(int code) const override {
    switch (static_cast<WebSocketClose>(code)) {
      case WebSocketClose::protocol_error:
        return "a rule of WebSocket was broken";
      case WebSocketClose::unsupported:
        return "binary messages are not taken";
      case WebSocketClose::not_utf8:
        return "a text is not UTF-8";
      case WebSocketClose::too_big:
        return "a message is too big";
      default:
        return "close code " + std::to_string(code);
    }
  }
};

Bytes frame(std::uint8_t opcode, std::string_view payload) {
  Bytes out;
  out.reserve(payload.size() + 10);
  ByteWriter writer{out};
  writer.u8(static_cast<std::uint8_t>(0x80 | opcode));
  if (payload.size() < 126) {
    writer.u8(static_cast<std::uint8_t>(payload.size()));
  } else if (payload.size() < 65536) {
    writer.u8(126);
    writer.u16(static_cast<std::uint16_t>(payload.size()));
  } else {
    writer.u8(127);
    writer.u64(payload.size());
  }
  writer.text(payload);
  return out;
}

}  // namespace

const boost::system::error_category& websocket_category() {
  static const CloseCategory category;
  return category;
}

ErrorCode make_error_code(WebSocketClose code) { return {static_cast<int>(code), websocket_category()}; }

void WebSocketReader::feed(BytesView bytes) {
  if (!closed_ && !failed_) input_.insert(input_.end(), bytes.begin(), bytes.end());
}

Result<std::optional<WebSocketEvent>> WebSocketReader::next() {
  while (!failed_ && !closed_) {
    const auto head = read_head();
    if (!head) {
      failed_ = head.error();
      break;
    }
    if (!*head || input_.size() - (*head)->size < (*head)->payload) return std::optional<WebSocketEvent>{};
    auto event = is_control((*head)->opcode) ? take_control(**head) : take_data(**head);
    if (!event) failed_ = event.error();
    if (!event || *event) return event;
  }
  Bytes{}.swap(input_);
  std::string{}.swap(message_);
  if (failed_) return *failed_;
  return std::optional<WebSocketEvent>{};
}

Result<std::optional<WebSocketReader::Head>> WebSocketReader::read_head() {
  if (input_.size() < 2) return std::optional<Head>{};
  ByteReader reader{input_};
  const auto first = reader.u8();
  const auto second = reader.u8();
  if ((first & 0x70) != 0 || (second & 0x80) == 0) return make_error_code(WebSocketClose::protocol_error);

  Head head;
  head.final = (first & 0x80) != 0;
  head.opcode = first & 0x0F;
  head.payload = second & 0x7F;
  bool minimal = true;
  if (head.payload == 126) {
    head.payload = reader.u16();
    minimal = head.payload >= 126;
  } else if (head.payload == 127) {
    head.payload = reader.u64();
    minimal = head.payload >= 65536;
  }
  if (!reader.ok()) return std::optional<Head>{};
  const auto checked = check_head(head, minimal);
  if (!checked) return checked.error();
  head.mask = reader.u32();
  if (!reader.ok()) return std::optional<Head>{};
  head.size = input_.size() - reader.rest().size();
  return head;
}

Result<void> WebSocketReader::check_head(const Head& head, bool minimal) const {
  if (!minimal) return make_error_code(WebSocketClose::protocol_error);
  if (is_control(head.opcode)) {
    const bool known = head.opcode <= Opcode::pong;
    if (!known || !head.final || head.payload > kMaxControl)
      return make_error_code(WebSocketClose::protocol_error);
    return {};
  }
  if (head.opcode > Opcode::binary) return make_error_code(WebSocketClose::protocol_error);
  if ((head.opcode == Opcode::continuation) != in_message_)
    return make_error_code(WebSocketClose::protocol_error);
  if (head.opcode == Opcode::binary) return make_error_code(WebSocketClose::unsupported);
  if (head.payload > max_message_ - message_.size()) return make_error_code(WebSocketClose::too_big);
  return {};
}

std::string WebSocketReader::take_payload(const Head& head) {
  std::string payload(static_cast<std::size_t>(head.payload), '\0');
  for (std::size_t i = 0; i < payload.size(); ++i) {
    const auto mask = static_cast<std::uint8_t>(head.mask >> (24 - 8 * (i % 4)));
    payload[i] = static_cast<char>(std::to_integer<std::uint8_t>(input_[head.size + i]) ^ mask);
  }
  const auto used = head.size + payload.size();
  if (used == input_.size()) {
    Bytes{}.swap(input_);  // `= {}` would keep the memory
  } else {
    input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(used));
  }
  return payload;
}

Result<std::optional<WebSocketEvent>> WebSocketReader::take_control(const Head& head) {
  auto payload = take_payload(head);
  if (head.opcode == Opcode::ping) return WebSocketEvent{WebSocketPing{std::move(payload)}};
  if (head.opcode == Opcode::pong) return WebSocketEvent{WebSocketPong{}};
  closed_ = true;
  WebSocketClosed closed;
  if (payload.empty()) return WebSocketEvent{closed};
  ByteReader reader{as_bytes(payload)};
  closed.code = reader.u16();
  closed.reason = as_text(reader.rest());
  if (!reader.ok() || !is_close_code(closed.code)) return make_error_code(WebSocketClose::protocol_error);
  if (!is_utf8(closed.reason)) return make_error_code(WebSocketClose::not_utf8);
  return WebSocketEvent{std::move(closed)};
}

Result<std::optional<WebSocketEvent>> WebSocketReader::take_data(const Head& head) {
  message_ += take_payload(head);
  in_message_ = !head.final;
  if (!head.final) return std::optional<WebSocketEvent>{};
  auto text = std::exchange(message_, {});
  if (!is_utf8(text)) return make_error_code(WebSocketClose::not_utf8);
  return WebSocketEvent{WebSocketText{std::move(text)}};
}

Bytes websocket_text(std::string_view text) { return frame(Opcode::text, text); }

Bytes websocket_ping(std::string_view payload) { return frame(Opcode::ping, payload.substr(0, kMaxControl)); }

Bytes websocket_pong(std::string_view payload) { return frame(Opcode::pong, payload.substr(0, kMaxControl)); }

Bytes websocket_close(std::uint16_t code, std::string_view reason) {
  if (code == static_cast<std::uint16_t>(WebSocketClose::no_code)) return frame(Opcode::close, {});
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  payload += reason.substr(0, kMaxControl - 2);
  return frame(Opcode::close, payload);
}

}  // namespace levee::delivery
