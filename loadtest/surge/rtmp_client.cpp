#include "surge/rtmp_client.hpp"

#include <algorithm>
#include <bit>
#include <initializer_list>

namespace levee::surge {
namespace {

constexpr std::size_t kHandshake = 1536;
constexpr std::uint32_t kChunkSize = 65536;
constexpr std::uint8_t kSetChunkSize = 1;
constexpr std::uint8_t kCommand = 20;
constexpr std::uint8_t kControlStream = 2;
constexpr std::uint8_t kCommandStream = 3;
constexpr std::uint8_t kMediaStream = 4;

// The few AMF 0 values that a publisher writes. Source: AMF 0 specification section 2.
class Amf {
 public:
  Amf& text(std::string_view value) {
    writer_.u8(2);
    return name(value);
  }
  Amf& number(double value) {
    writer_.u8(0);
    writer_.u64(std::bit_cast<std::uint64_t>(value));
    return *this;
  }
  Amf& null() {
    writer_.u8(5);
    return *this;
  }
  Amf& object(std::initializer_list<std::pair<std::string_view, std::string_view>> properties) {
    writer_.u8(3);
    for (const auto& [key, value] : properties) name(key).text(value);
    writer_.u24(9);
    return *this;
  }
  BytesView bytes() const { return bytes_; }

 private:
  Amf& name(std::string_view value) {
    writer_.u16(static_cast<std::uint16_t>(value.size()));
    writer_.text(value);
    return *this;
  }
  Bytes bytes_;
  ByteWriter writer_{bytes_};
};

}  // namespace

RtmpClient::RtmpClient(std::string server, std::string app, std::string key)
    : server_{std::move(server)}, app_{std::move(app)}, key_{std::move(key)} {
  output_.resize(1 + kHandshake);  // C0 and C1: version 3, then zeros, which a simple handshake allows
  output_[0] = std::byte{3};
}

void RtmpClient::feed(BytesView bytes) {
  input_.insert(input_.end(), bytes.begin(), bytes.end());
  if (!handshaken_ && !take_handshake()) return;
  while (!failed_ && take_chunk()) {
  }
}

bool RtmpClient::take_handshake() {
  if (input_.size() < 1 + 2 * kHandshake) return false;
  if (input_[0] != std::byte{3}) {
    failed_ = true;
    return false;
  }
  output_.insert(output_.end(), input_.begin() + 1, input_.begin() + 1 + kHandshake);  // C2 echoes S1
  input_.erase(input_.begin(), input_.begin() + 1 + 2 * kHandshake);
  handshaken_ = true;
  send_connect();
  return true;
}

void RtmpClient::send_connect() {
  Bytes size;
  ByteWriter{size}.u32(kChunkSize);
  send_message(kControlStream, kSetChunkSize, 0, 0, size);
  Amf connect;
  connect.text("connect").number(1).object({{"app", app_},
                                            {"type", "nonprivate"},
                                            {"flashVer", "FMLE/3.0 (compatible; levee-surge)"},
                                            {"tcUrl", server_}});
  send_message(kCommandStream, kCommand, 0, 0, connect.bytes());
  Amf create;
  create.text("createStream").number(4).null();
  send_message(kCommandStream, kCommand, 0, 0, create.bytes());
}

// Takes one chunk from the front of the input. Returns whether there was a whole one.
bool RtmpClient::take_chunk() {
  ByteReader reader{input_};
  const auto first = reader.u8();
  const auto format = first >> 6;
  const auto id = first & 0x3f;  // servers answer on low chunk streams
  Incoming& message = incoming_[id];
  auto began = message;
  std::uint32_t timestamp = 0;
  if (format < 3) timestamp = reader.u24();
  if (format < 2) {
    began.length = reader.u24();
    began.type = reader.u8();
  }
  if (format == 0) reader.u32();
  if (timestamp == 0xffffff) reader.u32();
  const auto left = began.length - std::min<std::size_t>(began.length, began.body.size());
  const auto body = reader.bytes(std::min<std::size_t>(left, their_chunk_size_));
  if (!reader.ok()) return false;
  began.body.insert(began.body.end(), body.begin(), body.end());
  message = std::move(began);
  input_.erase(input_.begin(), input_.end() - static_cast<std::ptrdiff_t>(reader.rest().size()));
  if (message.body.size() == message.length) {
    const auto whole = std::exchange(message.body, {});
    take_message(message.type, whole);
  }
  return !input_.empty();
}

void RtmpClient::take_message(std::uint8_t type, BytesView body) {
  ByteReader reader{body};
  if (type == kSetChunkSize) their_chunk_size_ = std::max(1u, reader.u32() & 0x7fffffff);
  if (type != kCommand) return;
  const auto text = as_text(body);
  const auto says = [&](std::string_view word) { return text.find(word) != std::string_view::npos; };
  reader.u8();
  const auto name = as_text(reader.bytes(reader.u16()));
  if (name == "_error" || (name == "onStatus" && says("error"))) failed_ = true;
  if (name == "onStatus" && says("NetStream.Publish.Start")) publishing_ = true;
  reader.u8();
  const auto transaction = std::bit_cast<double>(reader.u64());
  if (name != "_result" || transaction != 4 || body.size() < 9) return;
  ByteReader last{body.last(8)};  // null, then the number of the stream
  stream_ = static_cast<std::uint32_t>(std::bit_cast<double>(last.u64()));
  Amf publish;
  publish.text("publish").number(5).null().text(key_).text("live");
  send_message(kMediaStream, kCommand, stream_, 0, publish.bytes());
}

void RtmpClient::send_tag(std::uint8_t type, std::uint32_t time_ms, BytesView body) {
  if (type != 18) {
    send_message(kMediaStream, type, stream_, time_ms, body);
    return;
  }
  Amf set;  // metadata goes as a command to the server, so that it keeps it
  set.text("@setDataFrame");
  Bytes data{set.bytes().begin(), set.bytes().end()};
  data.insert(data.end(), body.begin(), body.end());
  send_message(kMediaStream, type, stream_, time_ms, data);
}

void RtmpClient::say_goodbye() {
  Amf unpublish;
  unpublish.text("FCUnpublish").number(6).null().text(key_);
  send_message(kCommandStream, kCommand, 0, 0, unpublish.bytes());
  Amf remove;
  remove.text("deleteStream").number(7).null().number(stream_);
  send_message(kCommandStream, kCommand, 0, 0, remove.bytes());
}

void RtmpClient::send_message(std::uint8_t chunk_stream, std::uint8_t type, std::uint32_t stream,
                              std::uint32_t time_ms, BytesView body) {
  constexpr std::uint32_t kExtended = 0xffffff;
  const bool extended = time_ms >= kExtended;
  ByteWriter writer{output_};
  writer.u8(chunk_stream);
  writer.u24(extended ? kExtended : time_ms);
  writer.u24(static_cast<std::uint32_t>(body.size()));
  writer.u8(type);
  for (int shift = 0; shift < 32; shift += 8)
    writer.u8(static_cast<std::uint8_t>(stream >> shift));  // little-endian
  if (extended) writer.u32(time_ms);
  for (std::size_t at = 0; at < body.size(); at += kChunkSize) {
    if (at > 0) {
      writer.u8(static_cast<std::uint8_t>(0xc0 | chunk_stream));
      if (extended) writer.u32(time_ms);
    }
    writer.bytes(body.subspan(at, std::min<std::size_t>(kChunkSize, body.size() - at)));
  }
}

}  // namespace levee::surge
