#include "levee/delivery/origin.hpp"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

#include "levee/hls/multivariant.hpp"

#include "delivery/api.hpp"
#include "delivery/heads.hpp"

namespace levee::delivery {
namespace {

constexpr std::string_view kPlaylistType = "application/vnd.apple.mpegurl";
constexpr std::string_view kVary = "Vary: Accept-Encoding\r\n";
constexpr std::string_view kVaryGzip = "Vary: Accept-Encoding\r\nContent-Encoding: gzip\r\n";
constexpr std::string_view kRanges = "Accept-Ranges: bytes\r\n";
constexpr std::string_view kNoStream = "no such stream is live\n";
constexpr std::string_view kNoRendition = "the stream has no such rendition\n";
constexpr std::string_view kNoMedia = "no such media: it has left the playlist, or was never in it\n";
constexpr std::string_view kTooEarly = "what was asked for did not come in time\n";
constexpr std::string_view kFull = "too many requests are waiting for media\n";
constexpr Duration kLiveListAge = std::chrono::seconds{1};

/// What is wrong with blocking directives that are far ahead of the stream; null when nothing is.
const char* fault_of(const hls::RenditionView& view, const PlaylistQuery& query, std::uint64_t part_limit) {
  // The last whole segment is msn() - 1; a request may be two ahead of it (L21).
  if (*query.msn > view.msn() + 1) return "_HLS_msn is more than two segments ahead\n";
  if (!query.part) return nullptr;
  // How many parts of the segment asked for exist; its last one is one less (L22).
  const std::uint64_t present = *query.msn == view.msn() ? view.part_count() : 0;
  if (*query.msn >= view.msn() && *query.part + 1 > present + part_limit)
    return "_HLS_part is too far ahead\n";
  return nullptr;
}

bool is_there(const hls::RenditionView& view, const PlaylistQuery& query) {
  return query.part ? has_part(view, *query.msn, *query.part) : view.msn() > *query.msn;
}

}  // namespace

ShardState::ShardState(const Site& site, Shelf& shelf_of_shard)
    : shelf{shelf_of_shard},
      sessions{site.tokens, site.settings.viewer_timeout, site.settings.max_connections * 4} {}

std::size_t ShardState::viewers(std::string_view stream) const {
  if (!counts) return 0;
  const auto found = counts->find(stream);
  return found == counts->end() ? 0 : found->second;
}

Origin::Heads::Heads(const Site& site) {
  const std::uint32_t target = site.hls.target_duration();
  // A playlist with a viewer's token is that viewer's alone.
  const std::string shared = cache_for(std::max(1U, (target + 1) / 2));
  const bool sessions = site.settings.sessions;
  multivariant = make_head(200, kPlaylistType, sessions ? std::string{kNoStore} : cache_for(target));
  playlist[0] = make_head(200, kPlaylistType, sessions ? std::string{kRevalidate} : shared, kVary);
  playlist[1] = make_head(200, kPlaylistType, sessions ? std::string{kRevalidate} : shared, kVaryGzip);
  blocked_playlist[0] = make_head(200, kPlaylistType, cache_for(6 * target), kVary);
  blocked_playlist[1] = make_head(200, kPlaylistType, cache_for(6 * target), kVaryGzip);
  video = make_head(200, "video/mp4", kForever, kRanges);
  video_range = make_head(206, "video/mp4", kForever, kRanges);
  audio = make_head(200, "audio/mp4", kForever, kRanges);
  audio_range = make_head(206, "audio/mp4", kForever, kRanges);
  json = make_head(200, "application/json", cache_for(1));
  text = make_head(200, "text/plain; charset=utf-8", kNoStore);
}

Origin::Origin(const Site& site, ShardState& state) : site_{site}, state_{state}, heads_{site} {}

Duration Origin::patience_limit() const { return std::chrono::seconds{3 * site_.hls.target_duration()}; }

std::uint64_t Origin::advance_part_limit() const {
  const auto part = site_.hls.part_target();
  if (part <= 0 || part >= media::kTimescale) return 3;
  return static_cast<std::uint64_t>((3 * media::kTimescale + part - 1) / part);
}

Answer Origin::answer(const RequestView& request, const Moment& moment, Patience patience) {
  if (request.method == Method::other) return plain(405, "only GET, HEAD and OPTIONS\n");
  if (request.method == Method::options) {
    Response response;
    response.head = &options_head();
    return response;
  }
  const Target target = parse_target(request.target);
  if (!target.token.empty()) state_.sessions.seen(target.stream, target.token, moment.now);
  switch (target.kind) {
    case Target::Kind::playlist:
      return playlist(target, request, patience);
    case Target::Kind::media:
      return media(target, request, patience);
    case Target::Kind::multivariant:
      return multivariant(target, moment);
    case Target::Kind::index_page:
      return site_.assets.get("/index.html", request);
    case Target::Kind::watch_page:
      return site_.assets.get("/watch.html", request);
    case Target::Kind::map_page:
      return site_.assets.get("/map.html", request);
    case Target::Kind::asset:
      return site_.assets.get(target.path, request);
    case Target::Kind::live_list:
      return live_list(moment.now);
    case Target::Kind::health:
      return text("ok\n");
    case Target::Kind::readiness:
      return !site_.ready || site_.ready() ? text("ready\n") : plain(503, "not ready\n");
    case Target::Kind::realtime:
      return plain(426, "/rt takes WebSocket upgrades only\n");
    case Target::Kind::unknown:
      break;
  }
  return plain(404, "nothing is here\n");
}

Response Origin::text(std::string_view literal) const {
  Response response;
  response.head = &heads_.text;
  response.body = Body{nullptr, as_bytes(literal)};
  return response;
}

Answer Origin::multivariant(const Target& target, const Moment& moment) {
  const auto stream = state_.shelf.find(target.stream);
  if (!stream || !is_listed(*stream)) return plain(404, kNoStream, RequestKind::multivariant);
  std::string prefix;
  if (site_.settings.sessions) prefix = "v/" + site_.tokens.issue(target.stream, moment.wall) + "/";
  const auto body =
      std::make_shared<const std::string>(hls::multivariant_playlist(stream->view->renditions, prefix));
  Response response;
  response.head = &heads_.multivariant;
  response.body = Body{body, as_bytes(*body)};
  response.kind = RequestKind::multivariant;
  return response;
}

Answer Origin::park(const Park& park, Patience patience, RequestKind kind) const {
  if (patience == Patience::none) return plain(503, kTooEarly, kind);
  if (state_.shelf.full()) return plain(503, kFull, kind);
  return park;
}

Answer Origin::playlist(const Target& target, const RequestView& request, Patience patience) {
  constexpr auto kKind = RequestKind::playlist;
  const auto stream = state_.shelf.find(target.stream);
  if (!stream || !is_listed(*stream)) return plain(404, kNoStream, kKind);
  const auto rendition = stream->rendition(target.rendition);
  if (!rendition) return plain(404, kNoRendition, kKind);
  const auto [query, malformed] = parse_playlist_query(target.query);
  if (malformed != nullptr) return plain(400, malformed, kKind);

  const hls::RenditionView& view = rendition->view();
  if (query.msn && !view.ended()) {
    if (const char* fault = fault_of(view, query, advance_part_limit())) return plain(400, fault, kKind);
    if (!is_there(view, query)) {
      const auto what = query.part ? Park::For::part_of_segment : Park::For::whole_segment;
      return park(
          {target.stream, target.rendition, what, *query.msn, query.part.value_or(0), patience_limit()},
          patience, kKind);
    }
  }
  const bool delta = query.skip && !view.ended() && !view.delta_playlist().empty();
  const bool gzip = request.accepts_gzip;
  BytesView body;
  if (gzip) {
    body = delta ? rendition->delta_gzip() : rendition->playlist_gzip();
  } else {
    body = as_bytes(delta ? view.delta_playlist() : view.playlist());
  }
  Response response;
  response.head = query.msn ? &heads_.blocked_playlist[gzip] : &heads_.playlist[gzip];
  response.body = Body{rendition, body};
  response.kind = kKind;
  return response;
}

Answer Origin::media(const Target& target, const RequestView& request, Patience patience) {
  const auto uri = hls::parse_media_uri(target.file);
  if (!uri) return plain(404, kNoMedia);
  const RequestKind kind = uri->kind == hls::MediaUri::Kind::init      ? RequestKind::init
                           : uri->kind == hls::MediaUri::Kind::segment ? RequestKind::segment
                                                                       : RequestKind::part;
  const auto stream = state_.shelf.find(target.stream);
  if (!stream || stream->view->id != uri->stream_id) return plain(404, kNoMedia, kind);
  const auto rendition = stream->rendition(target.rendition);
  if (!rendition) return plain(404, kNoRendition, kind);

  const hls::RenditionView& view = rendition->view();
  Body body;
  if (uri->kind == hls::MediaUri::Kind::segment) {
    for (const auto& part : view.segment(uri->number)) {
      if (part) body.add(part);
    }
  } else {
    const auto bytes =
        uri->kind == hls::MediaUri::Kind::init ? view.init(uri->number) : view.part(uri->number);
    if (bytes) body.add(bytes);
  }
  if (body.size() != 0) return media_body(std::move(body), kind, view, request);
  // The hinted part, and only that, is worth waiting for (L31, L44).
  const bool hinted = kind == RequestKind::part && uri->number == view.next_part() && !view.ended();
  if (!hinted) return plain(404, kNoMedia, kind);
  return park({target.stream, target.rendition, Park::For::part_number, 0, uri->number, patience_limit()},
              patience, kind);
}

Answer Origin::media_body(Body body, RequestKind kind, const hls::RenditionView& view,
                          const RequestView& request) {
  const bool audio = view.info().height == 0;
  Response response;
  response.kind = kind;
  response.head = audio ? &heads_.audio : &heads_.video;
  const std::uint64_t size = body.size();
  if (request.method == Method::get && !request.range.empty()) {
    const auto range = parse_range(request.range, size);
    if (!range && range.error() == RangeFault::unsatisfiable) {
      response = plain(416, "the range lies past the end\n", kind);
      response.range = ContentRange{0, 0, size};
      return response;
    }
    if (range) {
      response.head = audio ? &heads_.audio_range : &heads_.video_range;
      response.range = ContentRange{range->first, range->last, size};
      body.slice(range->first, range->last - range->first + 1);
    }
  }
  response.body = std::move(body);
  return response;
}

Response Origin::live_list(TimePoint now) {
  if (!live_list_ || now - live_list_made_ >= kLiveListAge) {
    const auto viewers = [this](std::string_view name) { return state_.viewers(name); };
    live_list_ = std::make_shared<const std::string>(live_list_json(state_.shelf.all(), viewers));
    live_list_made_ = now;
  }
  Response response;
  response.head = &heads_.json;
  response.body = Body{live_list_, as_bytes(*live_list_)};
  response.kind = RequestKind::api;
  return response;
}

}  // namespace levee::delivery
