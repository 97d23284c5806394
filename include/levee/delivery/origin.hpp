#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "levee/delivery/response.hpp"
#include "levee/delivery/settings.hpp"
#include "levee/delivery/shelf.hpp"
#include "levee/delivery/target.hpp"
#include "levee/delivery/viewer_sessions.hpp"
#include "levee/delivery/viewer_token.hpp"
#include "levee/delivery/web_assets.hpp"
#include "levee/hls/media_uri.hpp"

namespace levee::delivery {

/// What all shards share. Never changes after start. Thread: any; `ready` too.
struct Site {
  Settings settings;
  hls::Settings hls;
  ViewerTokens tokens;
  WebAssets assets;
  std::function<bool()> ready;  ///< for /readyz; empty: always
};

using ViewerCounts = std::map<std::string, std::size_t, std::less<>>;

/// What the responders of one shard share. Thread: its shard's.
struct ShardState {
  ShardState(const Site& site, Shelf& shelf_of_shard);

  Shelf& shelf;
  ViewerSessions sessions;
  std::shared_ptr<const ViewerCounts> counts;  ///< of the whole node, a second old at most; may be null

  std::size_t viewers(std::string_view stream) const;
};

/// Answers the public listener's requests: HLS, pages, the list of what is live.
///
/// A request with a forged or foreign token is served like one without: it only is not counted. To refuse it
/// would gain nothing, since anyone may ask for a token.
/// Thread: its shard's. Source: RFC 8216bis section 6.2.5 (blocking requests).
class Origin : public Responder {
 public:
  /// Lifetime: both outlive it.
  Origin(const Site& site, ShardState& state);

  Answer answer(const RequestView& request, const Moment& moment, Patience patience) override;

 private:
  struct Heads {
    explicit Heads(const Site& site);
    Head multivariant;
    Head playlist[2];          ///< plain, gzip
    Head blocked_playlist[2];  ///< answers to requests with _HLS_msn: good for longer
    Head video, video_range, audio, audio_range;
    Head json, text;
  };

  Answer multivariant(const Target& target, const Moment& moment);
  Answer playlist(const Target& target, const RequestView& request, Patience patience);
  Answer media(const Target& target, const RequestView& request, Patience patience);
  Answer media_body(Body body, RequestKind kind, const hls::RenditionView& view, const RequestView& request);
  Answer park(const Park& park, Patience patience, RequestKind kind) const;
  Response live_list(TimePoint now);
  Response text(std::string_view literal) const;

  Duration patience_limit() const;
  std::uint64_t advance_part_limit() const;

  const Site& site_;
  ShardState& state_;
  Heads heads_;
  std::shared_ptr<const std::string> live_list_;
  TimePoint live_list_made_{};
};

}  // namespace levee::delivery
