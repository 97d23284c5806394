#pragma once

#include <memory>
#include <string>
#include <vector>

#include "levee/media/packet.hpp"

namespace levee::transcode {

/// What a publisher would send: the tracks and packets of a file made by the ffmpeg program.
struct SourceFile {
  std::shared_ptr<const media::TrackConfig> video;
  std::shared_ptr<const media::TrackConfig> audio;
  std::vector<media::Packet> packets;  ///< by dts
  media::FrameRate frame_rate{30, 1};

  /// The packets, `by` later.
  std::vector<media::Packet> later(media::MediaTime by) const;
};

struct SourceRecipe {
  std::string size = "320x180";
  int rate = 30;
  double seconds = 4;
  std::string x264 = "-preset superfast -g 60 -keyint_min 60 -sc_threshold 0 -bf 2";
  bool video = true;
  bool audio = true;
  std::string filter;  ///< after the test picture, ",setsar=4/3"
};

/// Runs ffmpeg and reads what it made. Errors: std::runtime_error.
SourceFile make_source(const SourceRecipe& recipe = {});

}  // namespace levee::transcode
