#pragma once

#include <optional>
#include <string>

#include "levee/hls/part.hpp"

namespace levee::stream {

/// Watches how far apart a publisher's key frames are and words a warning when a segment can't wait for them.
///
/// Units: media ticks.
class KeyFrameWatch {
 public:
  explicit KeyFrameWatch(const hls::Settings& settings) : settings_{settings} {}

  /// A video packet, with repaired timestamps.
  void packet(media::MediaTime dts, bool key);
  /// A new publication: its first interval begins with its first key frame.
  void restart() { last_key_.reset(); }

  /// Nothing while all is well.
  std::optional<std::string> warning() const;

 private:
  hls::Settings settings_;
  std::optional<media::MediaTime> last_key_;
  media::MediaTime interval_ = 0;  ///< the last one, or the current one when that is longer already
};

}  // namespace levee::stream
