#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "levee/admission/gate.hpp"
#include "levee/base/metrics.hpp"
#include "levee/delivery/reload_phases.hpp"
#include "levee/delivery/response.hpp"
#include "levee/delivery/settings.hpp"
#include "levee/delivery/shelf.hpp"
#include "levee/delivery/target.hpp"
#include "levee/delivery/viewer_sessions.hpp"
#include "levee/delivery/viewer_token.hpp"
#include "levee/delivery/web_assets.hpp"
#include "levee/hls/media_uri.hpp"
#include "levee/realtime/bus.hpp"
#include "levee/realtime/token_bucket.hpp"

namespace levee::delivery {

/// What all shards share. Never changes after start. Thread: any; `ready` too.
struct Site {
  Settings settings;
  hls::Settings hls;
  ViewerTokens tokens;
  WebAssets assets;
  std::function<bool()> ready;   ///< for /readyz; empty: always
  realtime::Bus* bus = nullptr;  ///< has the trails; null: there are none. Lifetime: outlives the site
};

using ViewerCounts = std::map<std::string, std::size_t, std::less<>>;
/// Those of one stream; 0 when there is none, or no counts yet (null).
std::size_t viewers_of(const ViewerCounts* counts, std::string_view stream);

/// What the responders of one shard share. Thread: its shard's.
struct ShardState {
  ShardState(const Site& site, Shelf& shelf_of_shard);

  Shelf& shelf;
  ViewerSessions sessions;
  admission::Gate gate;
  std::mt19937 random;
  std::uint64_t returning = 0;  ///< known viewers on new connections, since this was last taken
  ReloadPhases reload_phases;
  Counter reloads_moved;      ///< playlists given once more while there was a newer one, see ReloadPhases
  Counter strangers_refused;  ///< playlists and media asked for without a token while newcomers wait
  Counter upgrades_refused;
  Counter files_refused;                       ///< newcomers that came on one of the last descriptors
  std::shared_ptr<const ViewerCounts> counts;  ///< of the whole node, a second old at most; may be null

  /// Takes the outcome of an evaluation.
  void apply(const admission::Grant& grant, TimePoint now);
  std::size_t viewers(std::string_view stream) const { return viewers_of(counts.get(), stream); }
};

/// Answers the public listener's requests: HLS, pages, the list of what is live.
///
/// A newcomer is one without a good viewer token. It is let in at the multivariant playlist, by the shard's
/// admission::Gate, or told there when to come back. Whoever has a good token is served, on any connection:
/// it is never asked to wait. While newcomers have to wait, whoever asks for a stream's inside without a
/// token is told to come in by the door; else it is served, and only not counted. Without sessions there is
/// no door. Thread: its shard's. Source: RFC 8216bis section 6.2.5 (blocking requests).
class Origin : public Responder {
 public:
  /// Lifetime: both outlive it.
  Origin(const Site& site, ShardState& state);

  Answer answer(const RequestView& request, const Moment& moment, Patience patience) override;
  Reception meet(const RequestView& request, const Moment& moment) override;
  std::optional<Response> refuse_upgrade(const RequestView& request, const Moment& moment) override;

 private:
  struct Heads {
    explicit Heads(const Site& site);
    Head multivariant;
    Head playlist[2];          ///< plain, gzip
    Head blocked_playlist[2];  ///< answers to requests with _HLS_msn: good for longer
    Head video, video_range, audio, audio_range;
    Head json, geojson, text;
    Head come_back;
  };
  /// A request for a stream, and who sends it.
  struct Call {
    const Target& target;
    const RequestView& request;
    const Moment& moment;
    Patience patience;
    Visit visit;
  };

  Answer route(const Call& call);
  Answer multivariant(const Call& call);
  Answer playlist(const Call& call);
  std::shared_ptr<const PlaylistText> whole_playlist(const Call& call, const PreparedRendition& rendition,
                                                     std::string_view stream_id);
  Answer media(const Call& call);
  Answer media_body(Body body, RequestKind kind, const PreparedRendition& rendition, const Call& call);
  Answer park(Park park, const Call& call, RequestKind kind) const;
  Response deliver(const Call& call, RequestKind kind, const PreparedRendition& rendition, Body body) const;
  void note_sent(const Call& call, const hls::MediaUri& uri, const PreparedRendition& rendition) const;

  bool newcomers_wait() const;
  /// Nothing: the newcomer is let in.
  std::optional<Response> ask_gate(const Call& call);
  Response ask_to_wait(RequestKind kind, ComeBack come_back) const;
  Response send_to_door(RequestKind kind);
  /// A time for who has no place in the line.
  ComeBack soon();
  Response no_descriptor_left(RequestKind kind);
  Response live_list(TimePoint now);
  Answer trail(const Target& target, WallTime now) const;
  Response text(std::string_view literal) const;

  Duration patience_limit() const;
  std::uint64_t advance_part_limit() const;

  const Site& site_;
  ShardState& state_;
  Heads heads_;
  bool protects_;  ///< there is a door
  realtime::TokenBucket upgrades_;
  std::shared_ptr<const std::string> live_list_;
  TimePoint live_list_made_{};
};

}  // namespace levee::delivery
