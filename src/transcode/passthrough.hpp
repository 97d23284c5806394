#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "levee/hls/cutter.hpp"
#include "levee/hls/part.hpp"
#include "levee/media/packet.hpp"

#include "transcode/packager.hpp"

namespace levee::transcode {

/// A rendition whose frames are the source's own: `source`, and `audio` alone.
///
/// Thread: the stream's home shard.
class Passthrough {
 public:
  /// Lifetime: `sink` outlives it.
  Passthrough(std::string_view name, hls::PartSink& sink) : name_{name}, sink_{sink} {}

  /// The tracks from the next cut on; null: without it. Both null: gaps, if there ever was anything else.
  void begin(const media::TrackConfig* video, const media::TrackConfig* audio, media::FrameRate frame_rate);
  /// The next event of the stream's cutter.
  void event(const hls::CutEvent& event);
  /// Parts that ended are complete.
  void flush();
  /// Takes no cut any more: another packager makes the rendition from the next one on, until `begin`.
  void hand_over();
  /// Keeps what it makes until `release`: the other packager's last parts are still on their way.
  void hold() { holding_ = true; }
  void release();
  std::uint64_t take_mux_errors() { return packager_.take_errors(); }

 private:
  void announce(const media::TrackConfig* video, const media::TrackConfig* audio, media::FrameRate frame_rate,
                const SharedBytes& init);
  void deliver();
  void give(std::function<void()> call);

  std::string_view name_;
  hls::PartSink& sink_;
  Packager packager_;
  hls::RenditionInfo info_;
  SharedBytes init_;
  bool has_video_ = false;
  bool has_audio_ = false;
  bool offered_ = true;
  bool handed_over_ = false;
  bool holding_ = false;
  std::vector<std::function<void()>> held_;  ///< at most what comes in while the other one finishes
};

}  // namespace levee::transcode
