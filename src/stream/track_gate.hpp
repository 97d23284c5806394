#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "levee/base/clock.hpp"
#include "levee/media/packet_sink.hpp"

namespace levee::stream {

/// When a packet came.
struct Arrival {
  TimePoint now;
  WallTime wall;
};

/// The tracks of a stream from one packet on; a track that is not there is null.
struct Tracks {
  std::shared_ptr<const media::TrackConfig> video;
  std::shared_ptr<const media::TrackConfig> audio;
};

/// Decides from which packet on a publication can be played, and with which tracks.
///
/// It begins with the first key frame once both tracks are known; without sound when none is announced or
/// none is known after `kWaitForAudio` of video; as sound alone when no picture is announced or none has come
/// after `kWaitForVideo` of sound. When a track changes it begins again, with the next key frame. What can't
/// be decoded on the way is left out.
///
/// Limits: while it waits it holds at most `kHeldBytes`.
/// Thread: one at a time.
class TrackGate {
 public:
  static constexpr media::MediaTime kWaitForAudio = media::kTimescale / 2;
  static constexpr media::MediaTime kWaitForVideo = 2 * media::kTimescale;
  static constexpr Duration kWaitAtMost = std::chrono::seconds{2};  ///< whatever the timestamps say
  static constexpr std::size_t kHeldBytes = 4 << 20;

  /// Takes what passes.
  class Output {
   public:
    virtual ~Output() = default;
    /// The packets that follow belong to these tracks; `first`: when the next packet came.
    virtual void begin(const Tracks& tracks, const Arrival& first) = 0;
    virtual void packet(media::Packet packet, const Arrival& arrival) = 0;
  };

  /// Lifetime: `output` outlives it.
  explicit TrackGate(Output& output) : output_{output} {}

  /// A new publication: nothing is known of it yet.
  void restart();

  void info(const media::SourceInfo& info) { info_ = info; }
  void config(const media::TrackConfig& config);
  void packet(media::Packet packet, const Arrival& arrival);

  bool begun() const { return begun_; }
  /// Packets left out since it was made.
  std::uint64_t left_out() const { return left_out_; }
  /// Why nothing passes yet, for people: "no key frame has come".
  std::string waiting_for() const;

 private:
  struct Held {
    media::Packet packet;
    Arrival arrival;
  };

  void wait_for_begin(media::Packet packet, const Arrival& arrival);
  void wait_for_picture(media::Packet packet, const Arrival& arrival);
  bool waited_long_enough(const Held& newest) const;
  void begin(const Tracks& tracks, const Arrival& first);
  void release();
  void leave_out() { ++left_out_; }
  bool changed(media::TrackKind kind) const;

  Output& output_;
  media::SourceInfo info_;
  Tracks known_;    ///< as the publisher announced them last
  Tracks passing_;  ///< as the output was told
  bool begun_ = false;
  std::vector<Held> held_;
  std::size_t held_bytes_ = 0;
  std::optional<media::MediaTime> sound_since_;  ///< dts of the first audio packet without picture
  bool video_packet_seen_ = false;
  std::uint64_t left_out_ = 0;
};

}  // namespace levee::stream
