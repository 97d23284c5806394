#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "levee/base/bytes.hpp"
#include "levee/base/result.hpp"
#include "levee/media/error.hpp"
#include "levee/media/packet.hpp"
#include "levee/media/packet_sink.hpp"

namespace levee::media {

/// Where the timestamps of a transport stream wrap. Source: ISO 13818-1 section 2.4.3.6.
inline constexpr MediaTime kTsWrap = MediaTime{1} << 33;

/// An elementary stream that is left out of what the demuxer gives.
struct UnsupportedStream {
  std::uint8_t stream_type = 0;  ///< ISO 13818-1 table 2-34
  std::string name;              ///< for people: "HEVC video"
};

/// Turns the bytes of an MPEG transport stream into packets: the first H.264 and the first AAC (ADTS) stream
/// of its first program. Does no I/O.
///
/// Feed bytes as they come off the network, cut anywhere; then take events until there are none. SourceInfo
/// comes when the program is known; a track's config comes before its first packet and whenever it changed.
/// Video leaves as `avc1` wants it: 4-byte lengths, parameter sets in the config alone. Several AAC frames in
/// one unit get a time each.
///
/// Losses: out of step, it finds the packets again by their sync bytes; a unit that misses packets is dropped
/// and counted. A bad checksum, a scrambled or an erroneous packet is as good as lost.
/// Errors: Errc::not_a_transport_stream, no_supported_stream; the first is final.
/// Limits: `Limits`. Time: timestamps are the stream's own, wrapped at kTsWrap.
/// Source: ISO 13818-1.
class TsDemuxer {
 public:
  using Event = std::variant<SourceInfo, UnsupportedStream, TrackConfig, Packet>;

  struct Limits {
    std::size_t video_unit_bytes = std::size_t{8} * 1024 * 1024;
    std::size_t audio_unit_bytes = std::size_t{256} * 1024;
    std::size_t search_bytes = std::size_t{64} * 1024;  ///< without a packet, it is no transport stream
  };

  struct Counts {
    std::uint64_t lost_packets = 0;   ///< gaps in a continuity counter, packets that arrived broken
    std::uint64_t resyncs = 0;        ///< times it was out of step
    std::uint64_t damaged_units = 0;  ///< frames and tables dropped because of that, or for lack of a config
  };

  TsDemuxer() : TsDemuxer{Limits{}} {}
  explicit TsDemuxer(Limits limits);
  ~TsDemuxer();
  TsDemuxer(TsDemuxer&&) noexcept;
  TsDemuxer& operator=(TsDemuxer&&) noexcept;

  /// Adds bytes to the input. They are copied; `bytes` need not outlive the call.
  void feed(BytesView bytes);

  /// Nothing more comes: the last frame of each track, whose end only the next one would have shown.
  void finish();

  /// The next event, or nothing until more bytes are fed.
  Result<std::optional<Event>> next();

  const Counts& counts() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace levee::media
