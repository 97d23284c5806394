#include "levee/delivery/origin.hpp"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

#include "levee/hls/multivariant.hpp"

#include "delivery/api.hpp"
#include "delivery/duration_of.hpp"
#include "delivery/heads.hpp"
#include "delivery/track_answer.hpp"
#include "delivery/variants.hpp"

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
/// Of the rate of the media that it fetches, what a client must take at least.
constexpr std::uint32_t kFloorShare = 4;
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
      sessions{site.tokens, site.settings.viewer_timeout, site.settings.max_connections * 4},
      gate{Clock::now()},
      random{std::random_device{}()},
      reload_phases{std::chrono::seconds{site.hls.target_duration()}} {}

void ShardState::apply(const admission::Grant& grant, TimePoint now) {
  gate.apply(grant, now);
  shelf.order(grant.protect_incumbents ? admission::TurnOrder::by_need : admission::TurnOrder::by_seniority);
}

std::size_t viewers_of(const ViewerCounts* counts, std::string_view stream) {
  if (counts == nullptr) return 0;
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
  geojson = make_head(200, "application/geo+json", cache_for(1));
  text = make_head(200, "text/plain; charset=utf-8", kNoStore);
  come_back = make_head(503, "text/plain; charset=utf-8", kNoStore);
}

Origin::Origin(const Site& site, ShardState& state)
    : site_{site},
      state_{state},
      heads_{site},
      protects_{site.settings.sessions && site.settings.admission} {}

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
  Visit visit;
  if (!target.token.empty())
    visit = state_.sessions.seen(target.stream, target.token, moment.now, moment.wall);
  if (visit.returning && request.first_of_connection) ++state_.returning;
  if (request.tight && !visit) return no_descriptor_left(RequestKind::other);
  return route({target, request, moment, patience, visit});
}

Answer Origin::route(const Call& call) {
  switch (call.target.kind) {
    case Target::Kind::playlist:
      return playlist(call);
    case Target::Kind::media:
      return media(call);
    case Target::Kind::multivariant:
      return multivariant(call);
    case Target::Kind::index_page:
      return site_.assets.get("/index.html", call.request);
    case Target::Kind::watch_page:
      return site_.assets.get("/watch.html", call.request);
    case Target::Kind::map_page:
      return site_.assets.get("/map.html", call.request);
    case Target::Kind::report_page:
      return site_.assets.get("/report.html", call.request);
    case Target::Kind::asset:
      return site_.assets.get(call.target.path, call.request);
    case Target::Kind::live_list:
      return live_list(call.moment.now);
    case Target::Kind::trail:
      return trail(call.target, call.moment.wall);
    case Target::Kind::feed:
      return plain(405, "records are POSTed here\n", RequestKind::api);
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

Answer Origin::multivariant(const Call& call) {
  constexpr auto kKind = RequestKind::multivariant;
  const Target& target = call.target;
  const auto stream = state_.shelf.find(target.stream);
  if (!stream || !is_listed(*stream)) return plain(404, kNoStream, kKind);
  const bool newcomer = protects_ && !call.visit;
  if (newcomer && !call.request.let_in) {
    if (auto refusal = ask_gate(call)) return *std::move(refusal);
  }
  std::string prefix;
  if (site_.settings.sessions) {
    const auto token = call.visit ? site_.tokens.issue(target.stream, call.moment.wall, call.visit.id)
                                  : site_.tokens.issue(target.stream, call.moment.wall);
    // Relative to where the playlist is: /live/NAME/ or /live/NAME/v/TOKEN/.
    prefix = (target.token.empty() ? "v/" : "../") + token + "/";
  }
  const auto& all = stream->view->renditions;
  const auto body = std::make_shared<const std::string>(
      hls::multivariant_playlist(newcomer ? newcomers_variants(all, state_.gate.grant()) : all, prefix));
  Response response;
  response.head = &heads_.multivariant;
  response.body = Body{body, as_bytes(*body)};
  response.kind = kKind;
  return response;
}

Answer Origin::park(Park park, const Call& call, RequestKind kind) const {
  if (call.patience == Patience::none) return plain(503, kTooEarly, kind);
  if (state_.shelf.full()) return plain(503, kFull, kind);
  park.stream = call.target.stream;
  park.rendition = call.target.rendition;
  park.limit = patience_limit();
  park.turn = call.visit.turn();
  return park;
}

Response Origin::deliver(const Call& call, RequestKind kind, const PreparedRendition& rendition,
                         Body body) const {
  const hls::RenditionView& view = rendition.view();
  const std::uint32_t rate =
      view.average_bandwidth() != 0 ? view.average_bandwidth() : view.info().nominal_bandwidth;
  Response response;
  response.kind = kind;
  response.body = std::move(body);
  response.rate_floor = rate / 8 / kFloorShare;
  if (call.visit.settled) response.ready = rendition.ready();
  response.newcomers = call.visit && !call.visit.returning;
  return response;
}

Answer Origin::playlist(const Call& call) {
  constexpr auto kKind = RequestKind::playlist;
  const Target& target = call.target;
  const auto stream = state_.shelf.find(target.stream);
  if (!stream || !is_listed(*stream)) return plain(404, kNoStream, kKind);
  if (!call.visit && newcomers_wait()) return send_to_door(kKind);
  const auto rendition = stream->rendition(target.rendition);
  if (!rendition) return plain(404, kNoRendition, kKind);
  const auto [query, malformed] = parse_playlist_query(target.query);
  if (malformed != nullptr) return plain(400, malformed, kKind);

  const hls::RenditionView& view = rendition->view();
  if (query.msn && !view.ended()) {
    if (const char* fault = fault_of(view, query, advance_part_limit())) return plain(400, fault, kKind);
    if (!is_there(view, query)) {
      const auto what = query.part ? Park::For::part_of_segment : Park::For::whole_segment;
      return park({.what = what, .msn = *query.msn, .part = query.part.value_or(0)}, call, kKind);
    }
  }
  const bool delta = query.skip && !view.ended() && !view.delta_playlist().empty();
  const bool gzip = call.request.accepts_gzip;
  Body body;
  if (delta) {
    body = Body{rendition, gzip ? rendition->delta_gzip() : as_bytes(view.delta_playlist())};
  } else {
    const auto text = query.msn ? rendition->playlist() : whole_playlist(call, *rendition, stream->view->id);
    body = Body{text, text->get(gzip)};
  }
  Response response = deliver(call, kKind, *rendition, std::move(body));
  response.head = query.msn ? &heads_.blocked_playlist[gzip] : &heads_.playlist[gzip];
  return response;
}

/// For a player of whole segments: the newest playlist, or once more the one that it has.
std::shared_ptr<const PlaylistText> Origin::whole_playlist(const Call& call,
                                                           const PreparedRendition& rendition,
                                                           std::string_view stream_id) {
  const auto& newest = rendition.playlist();
  const bool reloads = call.visit.reloads != nullptr && call.request.method == Method::get;
  if (!reloads || rendition.view().ended()) return newest;
  Reloads& viewer = *call.visit.reloads;
  const TimePoint now = call.moment.now;
  if (viewer.has == newest) {
    state_.reload_phases.nothing_new(viewer, now);
    return newest;
  }
  const bool can_do =
      call.visit.settled && viewer.has && viewer.has->is_of(stream_id, call.target.rendition) &&
      call.visit.play_out->runs_dry() - now >= std::chrono::seconds{site_.hls.target_duration()};
  if (state_.reload_phases.move(viewer, can_do, now)) {
    state_.reloads_moved.add();
    return viewer.has;
  }
  viewer.has = newest;
  viewer.given = now;
  return newest;
}

Answer Origin::media(const Call& call) {
  const Target& target = call.target;
  const auto uri = hls::parse_media_uri(target.file);
  if (!uri) return plain(404, kNoMedia);
  const RequestKind kind = uri->kind == hls::MediaUri::Kind::init      ? RequestKind::init
                           : uri->kind == hls::MediaUri::Kind::segment ? RequestKind::segment
                                                                       : RequestKind::part;
  const auto stream = state_.shelf.find(target.stream);
  if (!stream || stream->view->id != uri->stream_id) return plain(404, kNoMedia, kind);
  if (!call.visit && newcomers_wait()) return send_to_door(kind);
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
  if (body.size() != 0) {
    note_sent(call, *uri, *rendition);
    if (call.visit.begin_bytes != nullptr) *call.visit.begin_bytes += body.size();
    return media_body(std::move(body), kind, *rendition, call);
  }
  // The hinted part, and only that, is worth waiting for (L31, L44).
  const bool hinted = kind == RequestKind::part && uri->number == view.next_part() && !view.ended();
  if (!hinted) return plain(404, kNoMedia, kind);
  return park({.what = Park::For::part_number, .part = uri->number}, call, kind);
}

/// How much its viewer then has, by how far the media is behind the newest.
void Origin::note_sent(const Call& call, const hls::MediaUri& uri, const PreparedRendition& rendition) const {
  if (call.visit.play_out == nullptr || uri.kind == hls::MediaUri::Kind::init) return;
  const hls::RenditionView& view = rendition.view();
  const bool whole = uri.kind == hls::MediaUri::Kind::segment;
  const auto length = duration_of(whole ? site_.hls.segment : site_.hls.part);
  const std::uint64_t next = whole ? view.msn() : view.next_part();
  const auto parts_since = whole ? view.part_count() : 0U;
  const auto end = rendition.ready() - parts_since * duration_of(site_.hls.part) -
                   static_cast<Duration::rep>(next - uri.number - 1) * length;
  call.visit.play_out->sent(end - length, end, call.moment.now);
}

Answer Origin::media_body(Body body, RequestKind kind, const PreparedRendition& rendition, const Call& call) {
  const bool audio = rendition.view().info().height == 0;
  const RequestView& request = call.request;
  const std::uint64_t size = body.size();
  Response response = deliver(call, kind, rendition, std::move(body));
  response.head = audio ? &heads_.audio : &heads_.video;
  if (request.method != Method::get || request.range.empty()) return response;
  const auto range = parse_range(request.range, size);
  if (!range && range.error() == RangeFault::unsatisfiable) {
    response = plain(416, "the range lies past the end\n", kind);
    response.range = ContentRange{0, 0, size};
    return response;
  }
  if (range) {
    response.head = audio ? &heads_.audio_range : &heads_.video_range;
    response.range = ContentRange{range->first, range->last, size};
    response.body.slice(range->first, range->last - range->first + 1);
  }
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

Answer Origin::trail(const Target& target, WallTime now) const {
  if (site_.bus == nullptr) return plain(404, "there are no trails here\n", RequestKind::api);
  return answer_tracks(*site_.bus, heads_.geojson, target.stream, target.file, now);
}

}  // namespace levee::delivery
