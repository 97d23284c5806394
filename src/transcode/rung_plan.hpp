#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "levee/media/ladder.hpp"
#include "levee/media/packet.hpp"

namespace levee::transcode {

/// A rung as it is for one source.
struct RungPlan {
  std::string name;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint32_t bitrate = 0;
  std::string preset;
  std::uint32_t frame_step = 1;  ///< of so many source frames one is encoded
  double frame_rate = 0;         ///< of what is encoded; 0 when unknown
  bool operator==(const RungPlan&) const = default;
};

/// The rungs of `ladder` that are smaller than the source, the largest first.
///
/// A rung's height is that of a landscape picture: of a portrait one it is the width, so that "720p" has the
/// same number of pixels either way. Both sides are even, as 4:2:0 needs.
std::vector<RungPlan> plan_ladder(const media::Ladder& ladder, std::uint32_t width, std::uint32_t height,
                                  media::FrameRate frame_rate);

}  // namespace levee::transcode
