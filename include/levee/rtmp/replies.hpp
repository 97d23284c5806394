#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "levee/base/bytes.hpp"
#include "levee/rtmp/amf0.hpp"
#include "levee/rtmp/chunk.hpp"

namespace levee::rtmp {

/// Writes what the server says to a publisher: control messages and answers to commands.
///
/// Source: RTMP 1.0 sections 5.4 and 7; the forms are those of Flash Media Server, which clients expect.
class Replies {
 public:
  void window_ack_size(std::uint32_t bytes);
  void set_peer_bandwidth(std::uint32_t bytes);
  void set_chunk_size(std::uint32_t bytes);
  void acknowledgement(std::uint32_t bytes_received);
  void stream_begin(std::uint32_t stream);
  void ping_response(std::uint32_t timestamp);

  /// connect is accepted.
  void connected(double transaction);
  /// A command's answer; nothing if its transaction is 0: such a command wants none.
  void result(double transaction, amf0::Value value);
  void error(double transaction, std::string_view code, std::string_view description);
  /// onStatus on a stream; `level` is "status" or "error".
  void status(std::uint32_t stream, std::string_view level, std::string_view code,
              std::string_view description);
  /// onFCPublish or onFCUnpublish.
  void fc_status(std::string_view name, std::string_view code);

  std::size_t size() const { return output_.size(); }
  void raw(Bytes bytes) { output_.insert(output_.end(), bytes.begin(), bytes.end()); }
  Bytes take() { return std::exchange(output_, {}); }

 private:
  void control(MessageType type, Bytes body);
  void command(std::uint32_t stream, const std::vector<amf0::Value>& values);

  ChunkEncoder encoder_;
  Bytes output_;
};

}  // namespace levee::rtmp
