#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "levee/base/bytes.hpp"
#include "levee/base/result.hpp"
#include "levee/media/packet.hpp"

namespace levee::rtmp {

/// What an audio or video message may hold: a track's new configuration, or one frame.
using MediaEvent = std::variant<media::TrackConfig, media::Packet>;

/// Turns the bodies of RTMP audio and video messages (FLV tags without their headers) into media.
///
/// A repeated sequence header is dropped unless it differs from the last. NAL units come out with four-byte
/// lengths whatever the publisher uses, and the configuration then says so. `Packet::key` is set by the NAL
/// units themselves, not by the FLV frame type, which some encoders also set on pictures that are no IDR.
///
/// Errors: the codes of media in rtmp::Errc, and those of the parsers of avcC and AudioSpecificConfig.
/// Time: packets carry the message's milliseconds in media ticks, wrapped as on the wire.
/// Source: Adobe FLV 10.1 annex E.4.2 and E.4.3.
class TagReader {
 public:
  /// What the message gives, or nothing. `body` becomes the packet's data without being copied.
  Result<std::optional<MediaEvent>> video(std::uint32_t timestamp_ms, Bytes body);
  Result<std::optional<MediaEvent>> audio(std::uint32_t timestamp_ms, Bytes body);

  /// Frames dropped because their track's sequence header had not come.
  std::uint64_t frames_without_config() const { return frames_without_config_; }

 private:
  Result<std::optional<MediaEvent>> video_config(Bytes avcc);
  Result<std::optional<MediaEvent>> audio_config(Bytes asc);

  Bytes avcc_;  // as sent
  Bytes asc_;
  std::size_t nal_length_size_ = 4;
  std::uint64_t frames_without_config_ = 0;
};

/// The codec that a video or audio message says it holds, for people: "HEVC (hvc1)", "VP6", "codec id 9".
std::string video_codec_name(BytesView body);
std::string audio_codec_name(BytesView body);

}  // namespace levee::rtmp
