#pragma once

#include <cstdint>
#include <string>

#include "levee/base/bytes.hpp"

namespace levee::media {

/// A point or a span on a stream's timeline. Units: ticks of `kTimescale` a second.
using MediaTime = std::int64_t;

/// Ticks a second of every MediaTime. Source: the MPEG systems clock, which HLS players expect for video.
inline constexpr MediaTime kTimescale = 90'000;

constexpr double seconds(MediaTime time) {
  return static_cast<double>(time) / static_cast<double>(kTimescale);
}

/// What a track carries.
enum class TrackKind : std::uint8_t { video, audio };

/// How a track is coded.
enum class Codec : std::uint8_t { h264, aac };

/// Frames a second as a fraction; 0/1 when unknown.
struct FrameRate {
  std::uint32_t numerator = 0;
  std::uint32_t denominator = 1;
  bool operator==(const FrameRate&) const = default;
};

/// What a decoder needs before the first packet of a track, and what a playlist says of it.
struct TrackConfig {
  Codec codec = Codec::h264;
  /// H.264: AVCDecoderConfigurationRecord (ISO 14496-15 5.3.3.1). AAC: AudioSpecificConfig (ISO
  /// 14496-3 1.6.2.1).
  SharedBytes extradata;
  std::string codec_string;  ///< RFC 6381: "avc1.64001f", "mp4a.40.2"
  std::uint32_t width = 0;   ///< video: displayed size in pixels (cropping applied)
  std::uint32_t height = 0;
  FrameRate frame_rate;                  ///< video: from the SPS timing information, if it has any
  std::uint32_t sample_rate = 0;         ///< audio: of the decoded sound
  std::uint32_t channels = 0;            ///< audio
  std::uint32_t samples_per_packet = 0;  ///< audio: of `sample_rate`; 1024, or 2048 with band replication

  TrackKind kind() const { return codec == Codec::h264 ? TrackKind::video : TrackKind::audio; }
  /// Whether a decoder set up for one plays the other without being told.
  bool same_decoder(const TrackConfig& other) const {
    return codec == other.codec && extradata && other.extradata && *extradata == *other.extradata;
  }
};

/// One coded frame. Video is length-prefixed NAL units (4 bytes each) as in MP4; audio one raw AAC frame.
///
/// Lifetime: shares its bytes; copying a packet copies no media. Thread: any, the bytes never change.
struct Packet {
  TrackKind track = TrackKind::video;
  bool key = false;  ///< a decoder may start here (H.264: an IDR picture); true for every audio packet
  MediaTime dts =
      0;  ///< from ingest: the source's own clock, wrapped as on the wire; from Timeline on: repaired
  MediaTime pts = 0;  ///< dts plus composition time; never below dts after Timeline
  SharedBytes data;
};

}  // namespace levee::media
