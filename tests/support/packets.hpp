#pragma once

#include <string>

#include "levee/media/packet.hpp"

#include "support/parts.hpp"

namespace levee::test {

inline media::TrackConfig video_config(const std::string& extradata = "avc") {
  media::TrackConfig config;
  config.codec = media::Codec::h264;
  config.extradata = media_bytes(extradata);
  config.codec_string = "avc1.64001f";
  config.width = 1280;
  config.height = 720;
  config.frame_rate = {30, 1};
  return config;
}

inline media::TrackConfig audio_config(const std::string& extradata = "aac") {
  media::TrackConfig config;
  config.codec = media::Codec::aac;
  config.extradata = media_bytes(extradata);
  config.codec_string = "mp4a.40.2";
  config.sample_rate = 48'000;
  config.channels = 2;
  return config;
}

inline media::Packet video_packet(media::MediaTime dts, bool key, std::size_t size = 1000) {
  return {media::TrackKind::video, key, dts, dts, media_bytes("v", size)};
}

inline media::Packet audio_packet(media::MediaTime dts) {
  return {media::TrackKind::audio, true, dts, dts, media_bytes("a", 200)};
}

}  // namespace levee::test
