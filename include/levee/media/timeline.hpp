#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "levee/base/clock.hpp"
#include "levee/media/packet.hpp"

namespace levee::media {

/// Repairs the timestamps of a stream's publications, so that everything behind it sees one timeline that
/// only ever goes forward. Does no I/O and keeps no clock.
///
/// Promises, whatever comes in: within a track dts grows strictly; pts >= dts; a source that was in sync
/// stays in sync to within `audio_slack`. Source clocks are unwrapped, and:
/// - A publication begins where the one before it ended: `begin`, then its first packet is anchored at the
///   next free time. Give it a packet that a decoder can start with; what lies before it is dropped.
/// - Audio is counted in samples, so that durations are exact. Where the source is ahead of the count by more
///   than `audio_slack`, the count follows it (a gap); where it is behind by more, the packet is dropped.
/// - A video packet at or before its predecessor moves to one tick after it.
/// - A clock that runs back by more than `backwards`, or forward by more than `forwards` beyond what the time
///   since the last packet explains, has jumped: the timeline goes on where it was. When the other track
///   jumps as well, sooner or later, it is shifted by the same amount; so sync survives.
///
/// Time: `now` is when the packet arrived; it tells a real gap from a jump.
/// Units: ticks of kTimescale. Thread: one at a time.
class Timeline {
 public:
  struct Settings {
    MediaTime start = 10 * kTimescale;  ///< of the first packet; muxers need room before it
    MediaTime forwards = 3 * kTimescale;
    MediaTime backwards = kTimescale / 2;
    MediaTime audio_slack = kTimescale * 30 / 1000;
    MediaTime longest_composition = 5 * kTimescale;  ///< pts - dts beyond it is taken for an error: 0
  };

  /// How often what was done. Since the Timeline was made.
  struct Counts {
    std::uint64_t jumps = 0;     ///< the source's clock jumped and the timeline went on
    std::uint64_t repaired = 0;  ///< packets whose dts or pts was moved, other than by a jump
    std::uint64_t dropped = 0;   ///< packets before the anchor, or more audio than time
    bool operator==(const Counts&) const = default;
  };

  Timeline() : Timeline{Settings{}} {}
  explicit Timeline(const Settings& settings) : settings_{settings}, next_free_{settings.start} {}

  /// A new publication, with a clock of its own. `wrap`: the ticks after which it starts again from 0; 0 for
  /// never.
  void begin(MediaTime wrap);

  /// What is known of a track from its next packet on: audio needs its sample rate to be counted.
  void config(const TrackConfig& config);

  /// The packet on the repaired timeline; nothing when it is dropped.
  std::optional<Packet> repair(Packet packet, TimePoint now);

  /// Where the timeline goes on: after everything that was let through.
  MediaTime next_free() const { return next_free_; }
  const Counts& counts() const { return counts_; }

 private:
  /// A moment of the source's clock and where it lies on the timeline.
  struct Mapping {
    MediaTime source = 0;
    MediaTime out = 0;
    std::uint64_t serial = 0;  ///< a higher one was made by a later jump
  };
  struct Track {
    std::optional<Mapping> mapping;  ///< none before the track's first packet in this publication
    std::optional<MediaTime> last;   ///< dts of the last packet let through
    MediaTime expected = 0;          ///< dts of the next one, if the source is steady
  };
  /// Counts an audio track: packet `packets` after `since` begins at that many packets' samples.
  struct SampleCount {
    std::uint32_t rate = 0;
    std::uint32_t samples_per_packet = 0;
    std::int64_t packets = 0;
    MediaTime since = 0;
    bool running = false;

    MediaTime at(std::int64_t packet) const {
      return since + packet * samples_per_packet * kTimescale / rate;
    }
  };

  Track& track(TrackKind kind) { return tracks_[static_cast<std::size_t>(kind)]; }
  MediaTime difference(MediaTime a, MediaTime b) const;
  MediaTime place(const Mapping& mapping, MediaTime source) const;
  MediaTime map(Track& track, MediaTime source, TimePoint now);
  bool plausible(const Track& track, MediaTime mapped, TimePoint now) const;
  void remember(Track& track, Mapping mapping);
  std::optional<MediaTime> settle_audio(Track& track, MediaTime mapped);
  MediaTime settle_video(Track& track, MediaTime mapped);

  Settings settings_;
  MediaTime wrap_ = 0;
  bool anchored_ = false;
  MediaTime anchor_ = 0;
  MediaTime next_free_ = 0;
  MediaTime reached_ = 0;  ///< the furthest that this publication's clock has come, on the timeline
  TimePoint last_arrival_{};
  std::uint64_t newest_ = 0;
  std::array<Track, 2> tracks_;
  SampleCount samples_;
  Counts counts_;
};

}  // namespace levee::media
