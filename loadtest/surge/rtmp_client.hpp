#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "levee/base/bytes.hpp"

namespace levee::surge {

/// The publishing side of RTMP as OBS speaks it: handshake, connect, publish, and then the tags of an FLV
/// file. Does no I/O and keeps no clock: feed what the server sends, send what `take_output` gives.
///
/// Errors: a refusal or anything that is no RTMP makes `failed()` true for good.
/// Source: RTMP 1.0 sections 5 and 7.
class RtmpClient {
 public:
  /// `server`: rtmp://HOST:PORT/APP as told to the server; `app` and `key`: rtmp://.../APP/KEY.
  RtmpClient(std::string server, std::string app, std::string key);

  void feed(BytesView bytes);
  /// What is to be sent since the last call.
  Bytes take_output() { return std::exchange(output_, {}); }
  std::size_t waiting_bytes() const { return output_.size(); }

  /// Whether the server takes media now.
  bool publishing() const { return publishing_; }
  bool failed() const { return failed_; }

  /// Sends the body of an FLV tag. Only while `publishing()`.
  void send_tag(std::uint8_t type, std::uint32_t time_ms, BytesView body);
  /// Says that the stream is over, as an encoder does before it closes.
  void say_goodbye();

 private:
  struct Incoming {  ///< a message of the server under way, on one chunk stream
    std::uint32_t length = 0;
    std::uint8_t type = 0;
    Bytes body;
  };

  bool take_handshake();
  bool take_chunk();
  void take_message(std::uint8_t type, BytesView body);
  void send_connect();
  void send_message(std::uint8_t chunk_stream, std::uint8_t type, std::uint32_t stream, std::uint32_t time_ms,
                    BytesView body);

  std::string server_;
  std::string app_;
  std::string key_;
  Bytes input_;
  Bytes output_;
  bool handshaken_ = false;
  bool publishing_ = false;
  bool failed_ = false;
  std::uint32_t their_chunk_size_ = 128;
  std::uint32_t stream_ = 1;
  std::array<Incoming, 64> incoming_;
};

}  // namespace levee::surge
