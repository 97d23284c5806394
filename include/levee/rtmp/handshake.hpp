#pragma once

#include <cstddef>
#include <span>

#include "levee/base/bytes.hpp"
#include "levee/base/result.hpp"

namespace levee::rtmp {

/// The server's side of the simple handshake.
///
/// A client that offers a digest handshake (ffmpeg, Flash) sees version 0 in S1 and falls back to the simple
/// one. C2 is not compared with S1: clients differ in what they send back.
/// Source: RTMP 1.0 section 5.2.
class Handshake {
 public:
  static constexpr std::size_t kPacketSize = 1536;
  static constexpr std::size_t kRandomSize = kPacketSize - 8;
  using Random = std::span<const std::byte, kRandomSize>;

  /// `random` fills S1; it is copied.
  explicit Handshake(Random random);

  /// Takes what belongs to the handshake from the front of `bytes` and returns how many bytes that was.
  /// Errors: Errc::not_rtmp, on the first byte.
  Result<std::size_t> consume(BytesView bytes);

  /// C0, C1 and C2 have been consumed; what follows are chunks.
  bool done() const { return seen_ == kTotal; }

  /// What is to be sent since the last call: S0, S1 and S2 in one piece once C1 is complete.
  Bytes take_output() { return std::exchange(output_, {}); }

 private:
  static constexpr std::size_t kC1End = 1 + kPacketSize;
  static constexpr std::size_t kTotal = kC1End + kPacketSize;

  Bytes reply_;  // S0, S1 and as much of S2 (the echo of C1) as has been seen
  Bytes output_;
  std::size_t seen_ = 0;
};

}  // namespace levee::rtmp
