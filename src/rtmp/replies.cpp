#include "levee/rtmp/replies.hpp"

namespace levee::rtmp {
namespace {

constexpr std::uint32_t kControlChunkStream = 2;
constexpr std::uint32_t kCommandChunkStream = 3;
constexpr std::uint32_t kStatusChunkStream = 5;

// User control events. Source: RTMP 1.0 section 7.1.7.
constexpr std::uint16_t kStreamBegin = 0;
constexpr std::uint16_t kPingResponse = 7;

// Set Peer Bandwidth's limit type that lets the peer keep a stricter limit of its own.
constexpr std::uint8_t kDynamic = 2;

Bytes number(std::uint32_t value) {
  Bytes bytes;
  ByteWriter{bytes}.u32(value);
  return bytes;
}

Bytes event(std::uint16_t type, std::uint32_t value) {
  Bytes bytes;
  ByteWriter writer{bytes};
  writer.u16(type);
  writer.u32(value);
  return bytes;
}

amf0::Object information(std::string_view level, std::string_view code, std::string_view description) {
  return {{{"level", level}, {"code", code}, {"description", description}}};
}

}  // namespace

void Replies::window_ack_size(std::uint32_t bytes) { control(MessageType::window_ack_size, number(bytes)); }

void Replies::set_peer_bandwidth(std::uint32_t bytes) {
  auto body = number(bytes);
  ByteWriter{body}.u8(kDynamic);
  control(MessageType::set_peer_bandwidth, std::move(body));
}

void Replies::set_chunk_size(std::uint32_t bytes) { control(MessageType::set_chunk_size, number(bytes)); }

void Replies::acknowledgement(std::uint32_t bytes_received) {
  control(MessageType::acknowledgement, number(bytes_received));
}

void Replies::stream_begin(std::uint32_t stream) {
  control(MessageType::user_control, event(kStreamBegin, stream));
}

void Replies::ping_response(std::uint32_t timestamp) {
  control(MessageType::user_control, event(kPingResponse, timestamp));
}

void Replies::connected(double transaction) {
  auto success = information("status", "NetConnection.Connect.Success", "Connection succeeded.");
  success.properties.emplace_back("objectEncoding", 0.0);
  const amf0::Object server{{{"fmsVer", "FMS/3,0,1,123"}, {"capabilities", 31.0}}};
  command(0, {"_result", transaction, server, std::move(success)});
}

void Replies::result(double transaction, amf0::Value value) {
  if (transaction != 0) command(0, {"_result", transaction, nullptr, std::move(value)});
}

void Replies::error(double transaction, std::string_view code, std::string_view description) {
  if (transaction != 0) command(0, {"_error", transaction, nullptr, information("error", code, description)});
}

void Replies::status(std::uint32_t stream, std::string_view level, std::string_view code,
                     std::string_view description) {
  command(stream, {"onStatus", 0.0, nullptr, information(level, code, description)});
}

void Replies::fc_status(std::string_view name, std::string_view code) {
  command(0, {name, 0.0, nullptr, information("status", code, "")});
}

void Replies::control(MessageType type, Bytes body) {
  encoder_.encode({.chunk_stream = kControlChunkStream, .type = type, .body = std::move(body)}, output_);
}

void Replies::command(std::uint32_t stream, const std::vector<amf0::Value>& values) {
  Message message{.chunk_stream = stream == 0 ? kCommandChunkStream : kStatusChunkStream,
                  .type = MessageType::command_amf0,
                  .stream = stream,
                  .body = {}};
  for (const auto& value : values) amf0::encode(value, message.body);
  encoder_.encode(message, output_);
}

}  // namespace levee::rtmp
