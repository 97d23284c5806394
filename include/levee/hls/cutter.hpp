#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "levee/hls/part.hpp"
#include "levee/media/packet.hpp"

namespace levee::hls {

/// How far a frame's presentation time may be from its turn, the time by which Cutter places it: both are
/// rounded when a publisher counts in milliseconds, as RTMP does. No two frames are this close.
inline constexpr media::MediaTime kTurnJitter = media::kTimescale / 500;

/// A boundary. The part that begins here holds the frames from `at` on, in every rendition.
struct Cut {
  std::uint64_t msn = 0;  ///< of the segment that the part belongs to
  bool begins_segment = false;
  bool discontinuity = false;  ///< with begins_segment
  /// A segment begins here only because no key frame came in time: the source cannot be decoded from here.
  bool overdue = false;
  /// The boundary was found only after the frame at `at` had passed: too late to make that one a key frame.
  bool late = false;
  media::MediaTime at = 0;
  WallTime program_date_time;
  bool operator==(const Cut&) const = default;
};

/// The oldest part that has not ended is complete: all of its audio came before this.
struct PartEnd {
  media::MediaTime at = 0;  ///< where the next part begins
  bool ends_segment = false;
  bool without_video = false;  ///< the source's video has stopped for now: no frame of `at` will come
  bool operator==(const PartEnd&) const = default;
};

using CutEvent = std::variant<Cut, media::Packet, PartEnd>;

/// Decides from a stream's packets where its parts and segments begin: once, for every rendition.
///
/// Video passes at once, so that a decoder is never kept waiting; the Cut that a frame belongs behind may
/// follow that frame (by one). A frame's place is found by time: `dts` plus the reordering delay, which is
/// `pts - dts` of the first key frame; that is its turn in presentation order. Audio is held until its part
/// is known: the packets between two PartEnds are one part's.
///
/// Segments end at the first key frame at or after `Settings::segment`, or earlier when waiting for the next
/// one could break `segment_limit()`; without a key frame in time they end there (Cut::overdue). Parts end at
/// the frame nearest to `Settings::part`, never above `part_target()` unless a single frame is longer.
/// A stream without video, or whose video stops for a second, is cut by the time of its audio.
///
/// Numbers go on through every `begin`. Time: media time only; a part waits at most `kAudioPatience` of it
/// for audio that does not come.
class Cutter {
 public:
  static constexpr media::MediaTime kAudioPatience = 3 * media::kTimescale / 10;
  static constexpr media::MediaTime kVideoPatience = media::kTimescale;

  explicit Cutter(const Settings& settings) : settings_{settings} {}

  /// Ends what is open; the next packet begins a segment, with a discontinuity when there was one before.
  /// `first_packet` is the wall-clock time of the next packet.
  void begin(bool video, bool audio, WallTime first_packet);

  /// The next packet of either track.
  void feed(const media::Packet& packet);

  /// Ends the open part and its segment. What follows is `begin`.
  void finish();

  /// From now on every rendition makes key frames of its own: segments are cut at `Settings::segment`
  /// wherever the source has its key frames. Until the next `begin`.
  void ignore_key_frames() { ignore_key_frames_ = true; }

  /// What came of the packets fed, in order.
  std::vector<CutEvent> take_output() { return std::exchange(output_, {}); }

  /// The longest time between two key frames since `begin`; 0 before the second.
  media::MediaTime longest_key_distance() const { return longest_key_distance_; }

 private:
  struct OpenPart {
    media::MediaTime start = 0;
    std::optional<PartEnd> end;
  };

  void feed_video(const media::Packet& packet);
  void feed_audio(const media::Packet& packet);
  void start(media::MediaTime at);
  void cut_before(media::MediaTime time, bool key);
  void cut_late(media::MediaTime time);
  void cut_by_audio(media::MediaTime time);
  bool segment_due(media::MediaTime time, bool key) const;
  bool overdue(media::MediaTime time) const;
  bool part_due(media::MediaTime time, media::MediaTime interval) const;
  void cut(media::MediaTime at, bool begins_segment, bool overdue = false, bool late = false);
  void settle();
  bool audio_complete(const OpenPart& part) const;
  void release_audio(media::MediaTime before);
  WallTime wall_time(media::MediaTime time) const;

  Settings settings_;
  std::vector<CutEvent> output_;

  std::uint64_t msn_ = 0;
  bool any_segment_ = false;  ///< since the stream began
  bool has_video_ = false;
  bool has_audio_ = false;
  bool ignore_key_frames_ = false;
  bool video_stopped_ = false;
  bool started_ = false;

  WallTime wall_origin_;
  std::optional<media::MediaTime> time_origin_;  ///< media time of wall_origin_
  std::optional<media::MediaTime> reorder_delay_;
  std::optional<media::MediaTime> last_video_;
  std::optional<media::MediaTime> last_key_;
  std::optional<media::MediaTime> last_audio_;
  media::MediaTime video_interval_ = 0;  ///< the shorter of the last two
  media::MediaTime last_interval_ = 0;
  media::MediaTime audio_interval_ = 0;
  media::MediaTime longest_key_distance_ = 0;
  media::MediaTime started_at_ = 0;
  media::MediaTime segment_start_ = 0;
  media::MediaTime part_start_ = 0;

  std::deque<OpenPart> open_;  ///< the last one is being filled; those before it wait for audio
  std::deque<media::Packet> held_audio_;
};

}  // namespace levee::hls
