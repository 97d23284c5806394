#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "levee/media/packet.hpp"

namespace levee::media {

/// One transcoded rendition as it is configured.
struct Rung {
  std::string name;                   ///< as in URLs and metrics: "720p"
  std::uint32_t height = 0;           ///< pixels; the width follows the source's shape, rounded to even
  std::uint32_t bitrate = 0;          ///< of the video, bits a second
  std::uint32_t max_frame_rate = 30;  ///< above it every second (third, ...) frame is left out
  std::string preset = "superfast";   ///< libx264's
};

/// The ladder of renditions below the source.
struct Ladder {
  bool enabled = true;
  std::vector<Rung> rungs{
      {"720p", 720, 2'500'000}, {"480p", 480, 1'200'000}, {"360p", 360, 700'000}, {"240p", 240, 350'000}};
  bool audio_only = true;  ///< whether there is a rendition `audio` without picture
};

/// The name of the passthrough rendition, and of the one without picture.
inline constexpr std::string_view kSourceRendition = "source";
inline constexpr std::string_view kAudioRendition = "audio";

}  // namespace levee::media
