#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "levee/hls/part.hpp"
#include "levee/media/packet.hpp"

namespace levee::transcode {

/// A rendition's description with its codecs (either may be empty) and, as bandwidth, what its audio takes.
inline hls::RenditionInfo describe(std::string_view name, std::string_view video_codec,
                                   std::string_view audio_codec) {
  constexpr std::uint32_t kUsualAudioBitrate = 160'000;
  hls::RenditionInfo info{.name = std::string{name}, .codecs = std::string{video_codec}};
  if (audio_codec.empty()) return info;
  if (!info.codecs.empty()) info.codecs += ',';
  info.codecs += audio_codec;
  info.nominal_bandwidth = kUsualAudioBitrate;
  return info;
}

/// 0 when unknown.
constexpr double frames_a_second(media::FrameRate rate) {
  return rate.denominator == 0 ? 0 : static_cast<double>(rate.numerator) / rate.denominator;
}

/// What H.264 of this size usually takes, bits a second: a guess to go by until something was measured.
inline std::uint32_t usual_bitrate(std::uint32_t width, std::uint32_t height, double frame_rate) {
  constexpr double kBitsAPixel = 0.1;
  const double rate = frame_rate > 0 ? frame_rate : 30;
  return static_cast<std::uint32_t>(kBitsAPixel * width * height * rate);
}

}  // namespace levee::transcode
