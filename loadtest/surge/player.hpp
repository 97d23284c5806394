#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "levee/base/clock.hpp"

#include "surge/http_connection.hpp"
#include "surge/playback.hpp"
#include "surge/playlist.hpp"
#include "surge/recorder.hpp"
#include "surge/scenario.hpp"
#include "surge/throughput.hpp"

namespace levee::surge {

/// Something that a player wants to have now.
struct PlayerRequest {
  FetchKind kind = FetchKind::multivariant;
  std::string path;
  TimePoint due{};      ///< when it became wanted; its time is measured from here
  Duration patience{};  ///< without a byte
};

/// What a player does to the world. Lifetime: outlives the player.
class PlayerOutlet {
 public:
  virtual ~PlayerOutlet() = default;
  /// Fetches it and answers with `Player::answered`, never within this call. A player has at most one
  /// playlist and one init, part or segment under way.
  virtual void fetch(PlayerRequest request) = 0;
  /// Calls `Player::wake` at `at`, instead of any time asked for before.
  virtual void wake_at(TimePoint at) = 0;
};

/// What all players of a run share. Lifetime: outlives them.
struct PlayerContext {
  PlayerSettings settings;
  PlaylistCache playlists;
  WallTime::duration wall_offset{};  ///< of the wall clock against Clock, both since their epochs

  WallTime wall(TimePoint at) const {
    return WallTime{std::chrono::duration_cast<WallTime::duration>(at.time_since_epoch()) + wall_offset};
  }
};

/// One viewer: a player of live HLS as hls.js is one, without the picture. It asks for the multivariant
/// playlist and waits when it is told to, picks a rung, follows that rung's playlist (by blocking reload
/// where the server offers it), fetches init, parts or segments one after the other, and plays them in real
/// time.
///
/// Does no I/O and keeps no clock: requests go to `outlet`, answers and time come in. Thread: one.
class Player {
 public:
  /// How the viewer is off, for gauges.
  enum class Standing { away, waiting, playing, stalled };

  /// `path`: of the multivariant playlist.
  Player(PlayerContext& context, PlayerOutlet& outlet, Recorder& recorder, std::string path);

  /// The viewer arrives, or comes back to the page after `leave`. `due`: when it was to.
  void arrive(TimePoint due);
  /// The viewer goes away. Answers to what is under way are no longer wanted.
  void leave(TimePoint now);
  /// A fetch came to its end.
  void answered(FetchKind kind, TimePoint due, const Response& response);
  /// The time asked for with `wake_at` has come.
  void wake(TimePoint now);
  /// Every connection of the viewer is dropped at `now`: its first good answer, and the next media, tell how
  /// long its way back took.
  void dropped(TimePoint now) { dropped_at_ = media_lost_at_ = now; }
  /// The viewer may connect again, and what was under way is asked for again. Who had nothing under way
  /// reloads its playlist at once, as a player does that was told of the error; see
  /// PlayerSettings::reload_on_drop.
  void come_back(TimePoint now);

  /// Looks at the viewer: counts a stall as soon as it is one, and how far behind live it is when
  /// `with_latency`.
  Standing look(TimePoint now, bool with_latency);
  /// The run enters its next phase at `now`: time in a stall going on is counted into the one that ends.
  void phase_ends(TimePoint now);

  bool admitted() const { return admitted_at_.has_value(); }

 private:
  struct Place {  ///< the next media to fetch
    std::uint64_t sequence = 0;
    std::size_t part = 0;
  };
  struct Wanted {  ///< what is being fetched
    FetchKind kind = FetchKind::segment;
    std::string init;  ///< that it needs; empty: none
    std::string path;
    Duration duration{};
    std::optional<WallTime> ends;
    Place next;
  };
  enum class Step { away, asking, told_to_wait, choosing, watching };

  // The way in
  void ask(TimePoint due);
  void multivariant_answered(TimePoint due, const Response& response);
  void told_to_wait(TimePoint due, const Response& response);
  void let_in(TimePoint now);
  std::size_t first_rung() const;

  // The rung's playlist
  void request_playlist(TimePoint due);
  void playlist_answered(FetchKind kind, TimePoint due, const Response& response);
  void playlist_failed(TimePoint due, const Response& response);
  void take_playlist(std::shared_ptr<const MediaPlaylist> playlist, FetchKind kind, TimePoint due,
                     TimePoint now);
  void plan_reload(bool changed, FetchKind kind, TimePoint due, TimePoint now);
  std::string reload_query(TimePoint now) const;
  bool low_latency() const;
  Place place_to_start() const;
  void record_lateness(TimePoint now);

  // Media
  void fetch_next(TimePoint now);
  bool want(const ListedSegment& segment, TimePoint now);
  void want_part(const ListedSegment& segment);
  void want_segment(const ListedSegment& segment);
  void request_media(TimePoint due);
  void media_answered(FetchKind kind, TimePoint due, const Response& response);
  void media_failed(TimePoint due, const Response& response);
  void play(const Response& response);
  void answered_again(TimePoint now);
  void first_frame(TimePoint now);
  void adapt(std::uint64_t bytes, Duration time);
  void start_over_from_live();

  // Stalls
  void stall_seen(TimePoint since);
  void stall_ended(const Playback::Stall& stall, TimePoint now);
  void count_stall_time(TimePoint since, TimePoint now);

  /// Records an error of any kind; gives what it was, or nothing for an answer that is none.
  std::optional<ErrorKind> count_error(const Response& response);
  /// Whether the stream has ended and everything of it was shown.
  bool shown_to_the_end(TimePoint now) const;
  Duration retry_delay(const Response& response, unsigned& failures) const;
  void plan_wake();

  PlayerContext& context_;
  PlayerOutlet& outlet_;
  Recorder& recorder_;
  std::string path_;
  Step step_ = Step::away;

  TimePoint arrived_{};
  std::optional<TimePoint> admitted_at_;
  bool returning_ = false;  ///< asks again because it was told when to
  std::optional<TimePoint> ask_at_, reload_at_, media_at_;

  std::shared_ptr<const MultivariantPlaylist> ladder_;
  std::size_t rung_ = 0;
  std::size_t wanted_rung_ = 0;
  std::string playlist_path_;  ///< asked for next
  std::string base_path_;      ///< that `playlist_` came from
  std::shared_ptr<const MediaPlaylist> playlist_;
  TimePoint playlist_at_{};
  bool reloading_ = false;

  std::optional<Place> place_;
  std::optional<Wanted> wanted_;
  bool fetching_ = false;
  std::string init_path_;    ///< the init segment that the decoder has
  std::string latest_init_;  ///< of the newest segment seen: a delta update does not repeat it
  unsigned ask_failures_ = 0, reload_failures_ = 0, media_failures_ = 0;

  ThroughputEstimate throughput_;
  Playback playback_;
  std::optional<WallTime> buffered_until_;
  std::optional<TimePoint> dropped_at_, media_lost_at_;  ///< until the first answer, and media, after it
  std::optional<TimePoint> stall_counted_until_;         ///< of the stall going on
  std::optional<TimePoint> latency_looked_at_;
  bool stall_counted_before_ = false, stall_counted_since_ = false;
  bool watched_before_ = false, watched_since_ = false;
};

}  // namespace levee::surge
