#pragma once

#include <cstdint>

#include "levee/base/bytes.hpp"

namespace levee::rtmp {

/// Source: RTMP 1.0 sections 5.4 and 7.1.
enum class MessageType : std::uint8_t {
  set_chunk_size = 1,
  abort = 2,
  acknowledgement = 3,
  user_control = 4,
  window_ack_size = 5,
  set_peer_bandwidth = 6,
  audio = 8,
  video = 9,
  data_amf3 = 15,
  shared_object_amf3 = 16,
  command_amf3 = 17,
  data_amf0 = 18,
  shared_object_amf0 = 19,
  command_amf0 = 20,
  aggregate = 22,
};

/// Whether messages of this type carry sound or pictures, and so may be large.
constexpr bool is_media(MessageType type) {
  return type == MessageType::audio || type == MessageType::video || type == MessageType::aggregate;
}

/// One whole RTMP message. The type may be any number: what a peer sends is not checked here.
struct Message {
  std::uint32_t chunk_stream = 2;  ///< 2 to 65599; 2 is the one of protocol control
  MessageType type = MessageType::command_amf0;
  std::uint32_t stream = 0;     ///< message stream id: 0 for the connection, else what createStream gave
  std::uint32_t timestamp = 0;  ///< milliseconds, wraps at 2^32
  Bytes body;
};

}  // namespace levee::rtmp
