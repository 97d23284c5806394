#pragma once

#include <chrono>

#include "levee/base/clock.hpp"
#include "levee/media/packet.hpp"

namespace levee::delivery {

/// A time of the media as a time of the clock.
inline Duration duration_of(media::MediaTime time) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(media::seconds(time)));
}

}  // namespace levee::delivery
