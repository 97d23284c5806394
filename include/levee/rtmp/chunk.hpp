#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "levee/base/bytes.hpp"
#include "levee/base/result.hpp"
#include "levee/rtmp/message.hpp"

namespace levee::rtmp {

/// A header's three timestamp bytes, when four more follow with the real value. Source: RTMP 1.0
/// section 5.3.1.3.
inline constexpr std::uint32_t kExtendedTimestamp = 0xffffff;

/// The chunk size of both directions before Set Chunk Size. Source: RTMP 1.0 section 5.4.1.
inline constexpr std::uint32_t kInitialChunkSize = 128;

/// What one peer may make us hold.
struct ChunkLimits {
  std::size_t media_bytes = 64 * 1024;      ///< one audio, video or aggregate message
  std::size_t other_bytes = 64 * 1024;      ///< one message of any other type
  std::size_t underway_bytes = 128 * 1024;  ///< all messages that began and are not complete, as announced
  std::size_t chunk_streams = 32;
};

/// Turns bytes off the wire into RTMP messages. Does no I/O and keeps no clock.
///
/// Feed bytes as they arrive, in pieces of any size; then take messages until there are none: the result does
/// not depend on where the pieces were cut. Set Chunk Size and Abort are obeyed and not given out.
///
/// Tolerates peers that do not repeat the extended timestamp on type 3 chunks (the specification was
/// unclear), and a fresh chunk stream that begins with a type 1 header (librtmp's pings).
///
/// Errors: the first error is final; the connection is then out of step and must be closed.
/// Limits: `ChunkLimits`, checked on a message's header before memory is taken for it. Between calls of
/// `next` that gave nothing, at most 18 bytes of input wait besides the messages under way. Source: RTMP 1.0
/// section 5.3 (chunk format).
class ChunkDecoder {
 public:
  explicit ChunkDecoder(ChunkLimits limits) : limits_{limits} {}

  /// Adds bytes to the input. They are copied; `bytes` need not outlive the call.
  void feed(BytesView bytes);

  /// The next whole message, or nothing until more bytes are fed.
  /// Errors: those of chunks and limits in rtmp::Errc.
  Result<std::optional<Message>> next();

  /// Replaces the limits, from the next message header on.
  void set_limits(ChunkLimits limits) { limits_ = limits; }

  /// Bytes fed that no message has taken yet.
  std::size_t waiting_bytes() const { return input_.size() - taken_; }

  /// Memory that bytes fed and messages under way occupy or are promised.
  std::size_t buffered_bytes() const { return waiting_bytes() + underway_bytes_; }

 private:
  struct Header {
    std::uint32_t chunk_stream = 0;
    std::uint32_t timestamp = 0;
    std::uint32_t field = 0;  // the last timestamp or delta as sent: a type 3 header repeats it
    bool extended = false;
    std::uint32_t length = 0;
    MessageType type{};
    std::uint32_t stream = 0;
  };
  struct ChunkStream {
    Header header;
    bool underway = false;
    Bytes body;
  };

  BytesView rest() const { return BytesView{input_}.subspan(taken_); }
  enum class Progress { began, needs_more };

  Result<Progress> begin_chunk();
  Result<ChunkStream*> begin_message(ChunkStream* stream, const Header& header);
  ChunkStream* find(std::uint32_t chunk_stream);
  void end_message(ChunkStream& stream);
  Result<void> obey(const Message& message);
  ErrorCode fail(ErrorCode error) { return failure_ = error; }

  ChunkLimits limits_;
  Bytes input_;
  std::size_t taken_ = 0;  // of input_
  std::vector<ChunkStream> streams_;
  std::size_t underway_bytes_ = 0;
  std::uint32_t chunk_size_ = kInitialChunkSize;
  std::size_t current_ = 0;     // index of the chunk stream whose chunk is being read
  std::size_t chunk_left_ = 0;  // bytes of that chunk still to come
  bool in_chunk_ = false;
  ErrorCode failure_;
};

/// Turns messages into bytes for the wire: a type 0 header, then type 3 chunks.
///
/// Source: RTMP 1.0 section 5.3.
class ChunkEncoder {
 public:
  /// Appends the chunks of `message` to `out`. Limits: the body is at most 2^24 - 1 bytes, the chunk stream
  /// at most 65599. A Set Chunk Size message changes the size of the chunks that follow it.
  void encode(const Message& message, Bytes& out);

 private:
  std::uint32_t chunk_size_ = kInitialChunkSize;
};

}  // namespace levee::rtmp
