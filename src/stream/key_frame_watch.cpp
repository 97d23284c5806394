#include "stream/key_frame_watch.hpp"

#include <algorithm>
#include <cstdio>

namespace levee::stream {

void KeyFrameWatch::packet(media::MediaTime dts, bool key) {
  if (last_key_) {
    const auto since = dts - *last_key_;
    interval_ = key ? since : std::max(interval_, since);
  }
  if (key) last_key_ = dts;
}

std::optional<std::string> KeyFrameWatch::warning() const {
  if (interval_ <= settings_.segment_limit()) return std::nullopt;
  char text[120];
  std::snprintf(text, sizeof text, "key frames are %.1f s apart; set the key frame interval to %.3g s",
                media::seconds(interval_), media::seconds(settings_.segment));
  return text;
}

}  // namespace levee::stream
