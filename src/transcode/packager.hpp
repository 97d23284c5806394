#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "levee/hls/cutter.hpp"
#include "levee/hls/part.hpp"

#include "transcode/fragment_muxer.hpp"

namespace levee::transcode {

/// Puts one rendition's frames into parts at the stream's cuts, so that every rendition has the same parts.
///
/// The frames of an encoded rendition come later than the cuts, by what decoding and encoding take: a part
/// waits for them. While the rendition is lost (shed, or its source damaged) its parts are gaps, at once.
///
/// Thread: one at a time.
class Packager {
 public:
  /// Goes on with other tracks (null: gaps only). A picture is expected in each part when `video`. A
  /// rendition that is encoded begins lost: `resume_at` says where its first key frame is.
  void begin(std::unique_ptr<FragmentMuxer> muxer, bool video, bool lost);

  void cut(const hls::Cut& cut);
  void end(const hls::PartEnd& end);
  /// The next frame of either track; video with `dts` growing strictly.
  void packet(const media::Packet& packet);

  /// No frames for now: gaps, from the oldest part not yet made.
  void lose();
  bool lost() const { return lost_; }
  /// The part that begins at `at`, a segment's first, will have frames again, the first a key frame.
  void resume_at(media::MediaTime at) { resume_at_ = at; }
  bool resuming() const { return lost_ && resume_at_.has_value(); }
  /// The muxer of what comes after `resume_at`, when it was not known at `begin`.
  void set_muxer(std::unique_ptr<FragmentMuxer> muxer) { muxer_ = std::move(muxer); }
  /// No part is open.
  bool idle() const { return open_.empty(); }

  /// Every frame has come: parts that have ended are made of what is there.
  void flush();

  /// The parts made so far, in order.
  std::vector<hls::Part> take_parts() { return std::exchange(parts_, {}); }
  /// Frames and fragments that the muxer refused since the last call.
  std::uint64_t take_errors() { return std::exchange(errors_, 0); }

 private:
  struct OpenPart {
    hls::Cut cut;
    std::optional<hls::PartEnd> end;
    std::vector<media::Packet> audio;
  };

  void make_ready_parts(bool all);
  bool ready(const OpenPart& part) const;
  hls::Part make(OpenPart& part);
  SharedBytes mux(OpenPart& part);
  void write_video(media::MediaTime end);
  void write_audio(const std::vector<media::Packet>& audio);
  media::MediaTime time_of(const media::Packet& video) const {
    return video.dts + reorder_delay_.value_or(0);
  }

  /// An encoded frame's time is its presentation time, which is near its turn and not always it.
  static bool before(media::MediaTime time, media::MediaTime boundary) {
    return time + hls::kTurnJitter < boundary;
  }

  std::unique_ptr<FragmentMuxer> muxer_;
  bool video_ = false;
  bool lost_ = false;
  std::optional<media::MediaTime> resume_at_;
  std::optional<media::MediaTime> reorder_delay_;  ///< as in hls::Cutter
  std::optional<media::MediaTime> video_seen_;
  media::MediaTime audio_interval_ = 0;
  std::deque<OpenPart> open_;
  std::deque<media::Packet> frames_;  ///< video not yet in a part
  std::vector<hls::Part> parts_;
  std::uint64_t errors_ = 0;
};

}  // namespace levee::transcode
