// The part of a player that follows a rung's playlist and fetches media.
#include <algorithm>
#include <utility>

#include "surge/player.hpp"

namespace levee::surge {
namespace {

// A server that answers a blocking reload at once, with nothing new in it, is not asked again at once.
constexpr Duration kUnblocked = std::chrono::milliseconds{100};

std::string_view rendition_of(std::string_view playlist_path) {
  playlist_path = playlist_path.substr(0, playlist_path.find('?'));
  const auto folder = playlist_path.substr(0, playlist_path.rfind('/'));
  return folder.substr(folder.rfind('/') + 1);
}

double seconds_of(Duration time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

bool Player::low_latency() const {
  return context_.settings.low_latency && playlist_->low_latency() && playlist_->can_block;
}

void Player::request_playlist(TimePoint due) {
  if (reloading_) return;
  reloading_ = true;
  const bool switches = wanted_rung_ != rung_;
  if (switches) {
    auto& stats = recorder_.stats();
    ++(wanted_rung_ > rung_ ? stats.switches_up : stats.switches_down);
    rung_ = wanted_rung_;
    playlist_path_ = resolve_path(path_, ladder_->variants[rung_].uri);
  }
  PlayerRequest request{FetchKind::playlist, playlist_path_, due, context_.settings.request_timeout};
  if (playlist_ && !switches && low_latency() && !playlist_->ended) {
    request.kind = FetchKind::blocking_playlist;
    request.path += reload_query(due);
    request.patience += 3 * playlist_->target;
  }
  outlet_.fetch(std::move(request));
}

// Asks for the part after the last one listed.
std::string Player::reload_query(TimePoint now) const {
  auto sequence = playlist_->end_sequence();
  std::size_t part = 0;
  if (!playlist_->segments.empty() && !playlist_->segments.back().complete()) {
    --sequence;
    part = playlist_->segments.back().parts.size();
  }
  std::string query = playlist_path_.find('?') == std::string::npos ? "?" : "&";
  query += "_HLS_msn=" + std::to_string(sequence) + "&_HLS_part=" + std::to_string(part);
  const bool fresh = now - playlist_at_ < playlist_->can_skip_until / 2;
  const bool needs_old = place_ && place_->sequence < playlist_->first_sequence;
  if (playlist_->can_skip_until > Duration::zero() && fresh && !needs_old) query += "&_HLS_skip=YES";
  return query;
}

void Player::playlist_answered(FetchKind kind, TimePoint due, const Response& response) {
  const auto now = response.ended;
  if (count_error(response)) {
    playlist_failed(due, response);
    return;
  }
  auto parsed = context_.playlists.parse(response.body);
  if (!parsed.media || parsed.media->segments.empty()) {
    recorder_.failed(ErrorKind::malformed, now);
    playlist_failed(due, response);
    return;
  }
  recorder_.fetched(kind, now - due, now);
  answered_again(now);
  reload_failures_ = 0;
  take_playlist(std::move(parsed.media), kind, due, now);
}

void Player::playlist_failed(TimePoint due, const Response& response) {
  const auto now = response.ended;
  // A browser sends a request again by itself when the kept connection turns out to be gone.
  if (response.end == ExchangeEnd::reset && response.reused) {
    request_playlist(due);
    return;
  }
  if (response.status == 404 && !playlist_) {  // the way in has to be gone again
    step_ = Step::asking;
    ask_at_ = now + retry_delay(response, ask_failures_);
    return;
  }
  reload_at_ = now + retry_delay(response, reload_failures_);
}

void Player::take_playlist(std::shared_ptr<const MediaPlaylist> playlist, FetchKind kind, TimePoint due,
                           TimePoint now) {
  const bool changed = playlist != playlist_;
  playlist_ = std::move(playlist);
  playlist_at_ = now;
  base_path_ = playlist_path_;
  if (const auto& init = playlist_->maps[playlist_->segments.back().map]; !init.empty())
    latest_init_ = resolve_path(base_path_, init);
  if (!place_) {
    place_ = place_to_start();
    step_ = Step::watching;
  }
  if (kind == FetchKind::blocking_playlist && changed) record_lateness(now);
  plan_reload(changed, kind, due, now);
  if (!wanted_) fetch_next(now);
}

void Player::plan_reload(bool changed, FetchKind kind, TimePoint due, TimePoint now) {
  if (playlist_->ended) return;
  if (!low_latency()) {
    const auto interval = changed ? playlist_->target : playlist_->target / 2;
    reload_at_ = std::max(now, due + interval);
  } else if (kind == FetchKind::blocking_playlist && !changed) {
    reload_at_ = now + kUnblocked;
  } else {
    request_playlist(now);
  }
}

void Player::record_lateness(TimePoint now) {
  const auto& last = playlist_->segments.back();
  if (!last.begins) return;
  const auto ends = *last.begins + std::chrono::duration_cast<WallTime::duration>(last.duration);
  recorder_.stats().lateness.record(std::max(Duration{}, Duration{context_.wall(now) - ends}));
}

// Far enough behind the end of the playlist that what it asks to hold back is there.
Player::Place Player::place_to_start() const {
  const auto& segments = playlist_->segments;
  auto sequence = playlist_->end_sequence();
  Duration behind{};
  if (low_latency()) {
    const auto hold = std::max(playlist_->part_hold_back, 2 * playlist_->part_target);
    for (auto segment = segments.rbegin(); segment != segments.rend(); ++segment) {
      --sequence;
      for (auto part = segment->parts.size(); part-- > 0;) {
        behind += segment->parts[part].duration;
        if (behind >= hold && (segment->parts[part].independent || part == 0)) return {sequence, part};
      }
      if (segment->parts.empty()) return {sequence, 0};
    }
    return {playlist_->first_sequence, 0};
  }
  const auto hold = std::max(playlist_->hold_back, 3 * playlist_->target);
  for (auto segment = segments.rbegin(); segment != segments.rend(); ++segment) {
    --sequence;
    if (!segment->complete()) continue;
    if (behind + segment->duration > hold && behind > Duration::zero()) return {sequence + 1, 0};
    behind += segment->duration;
  }
  return {playlist_->first_sequence, 0};
}

void Player::fetch_next(TimePoint now) {
  if (fetching_ || wanted_ || !place_ || !playlist_) return;
  const auto ahead = playback_.level(now) - context_.settings.buffer_goal;
  if (!low_latency() && ahead > Duration::zero() && playback_.started()) {
    media_at_ = now + ahead;
    return;
  }
  const bool fell_out = place_->sequence < playlist_->window_sequence;
  const bool numbered_anew = place_->sequence > playlist_->end_sequence();
  if (fell_out || numbered_anew) place_ = place_to_start();
  while (const auto* segment = playlist_->find(place_->sequence)) {
    if (want(*segment, now)) return;
    if (!segment->complete() || place_->sequence + 1 == playlist_->end_sequence()) break;
    place_ = Place{place_->sequence + 1, 0};
  }
}

// Whether something of the segment is left to fetch, which then is under way.
bool Player::want(const ListedSegment& segment, TimePoint now) {
  if (low_latency() && !segment.parts.empty()) {
    if (place_->part >= segment.parts.size()) return false;
    want_part(segment);
  } else {
    if (!segment.complete() || segment.gap) return false;
    want_segment(segment);
  }
  if (const auto& init = playlist_->maps[segment.map]; !init.empty()) {
    wanted_->init = resolve_path(base_path_, init);
  } else if (playlist_->is_delta()) {
    wanted_->init = latest_init_;
  }
  request_media(now);
  return true;
}

void Player::want_part(const ListedSegment& segment) {
  const auto& part = segment.parts[place_->part];
  Duration offset{};
  for (std::size_t i = 0; i <= place_->part; ++i) offset += segment.parts[i].duration;
  Wanted wanted{FetchKind::part, {}, resolve_path(base_path_, part.uri), part.duration, {}, *place_};
  if (segment.begins) wanted.ends = *segment.begins + std::chrono::duration_cast<WallTime::duration>(offset);
  // Past the last part of a whole segment: a later playlist may list it without its parts.
  const bool last = segment.complete() && place_->part + 1 == segment.parts.size();
  wanted.next = last ? Place{place_->sequence + 1, 0} : Place{place_->sequence, place_->part + 1};
  wanted_ = std::move(wanted);
}

void Player::want_segment(const ListedSegment& segment) {
  Wanted wanted{FetchKind::segment, {}, resolve_path(base_path_, segment.uri), segment.duration, {}, {}};
  if (segment.begins)
    wanted.ends = *segment.begins + std::chrono::duration_cast<WallTime::duration>(segment.duration);
  // Its first parts were fetched already, while they were listed: only the rest is new.
  const auto had = playlist_->part_target * static_cast<Duration::rep>(place_->part);
  wanted.duration -= std::min(wanted.duration, had);
  wanted.next = Place{place_->sequence + 1, 0};
  wanted_ = std::move(wanted);
}

// The decoder's init segment goes first where it is another one.
void Player::request_media(TimePoint due) {
  fetching_ = true;
  if (wanted_->init != init_path_) {
    outlet_.fetch({FetchKind::init, wanted_->init, due, context_.settings.request_timeout});
    return;
  }
  outlet_.fetch({wanted_->kind, wanted_->path, due, context_.settings.request_timeout});
}

void Player::media_answered(FetchKind kind, TimePoint due, const Response& response) {
  const auto now = response.ended;
  if (count_error(response)) {
    media_failed(due, response);
    return;
  }
  recorder_.fetched(kind, now - due, now);
  answered_again(now);
  media_failures_ = 0;
  if (kind == FetchKind::init) {
    init_path_ = wanted_->init;
    request_media(now);
    return;
  }
  play(response);
  place_ = wanted_->next;
  wanted_.reset();
  fetch_next(now);
}

void Player::play(const Response& response) {
  const auto now = response.ended;
  if (const auto lost_at = std::exchange(media_lost_at_, std::nullopt))
    recorder_.stats().media_return_time.record(now - *lost_at);
  adapt(response.body_bytes, now - response.first_byte);
  recorder_.stats().rung_seconds[std::string{rendition_of(base_path_)}] += seconds_of(wanted_->duration);
  playback_.set_start_level(context_.settings.start_buffer);
  const bool started = playback_.started();
  const auto stall = playback_.append(now, wanted_->duration);
  if (stall) stall_ended(*stall, now);
  if (!started && playback_.started()) first_frame(now);
  if (wanted_->ends) buffered_until_ = wanted_->ends;
}

void Player::first_frame(TimePoint now) {
  auto& stats = recorder_.stats();
  ++stats.playing;
  stats.startup.record(now - arrived_);
  stats.startup_admitted.record(now - *admitted_at_);
}

void Player::adapt(std::uint64_t bytes, Duration time) {
  throughput_.add(bytes, time);
  if (!context_.settings.adapt || ladder_->variants.size() < 2) return;
  const auto& rungs = ladder_->variants;
  const auto estimate = throughput_.bits_per_second();
  std::size_t fit = 0;
  for (std::size_t i = 1; i < rungs.size(); ++i) {
    const double share = i > rung_ ? 0.7 : 0.8;
    if (static_cast<double>(rungs[i].bandwidth) <= share * estimate) fit = i;
  }
  wanted_rung_ = fit;
}

void Player::media_failed(TimePoint due, const Response& response) {
  const auto now = response.ended;
  if (response.end == ExchangeEnd::reset && response.reused) {
    request_media(due);
    return;
  }
  if (response.status == 404 || response.status == 410) {
    start_over_from_live();
    reload_at_ = now + retry_delay(response, media_failures_);
    return;
  }
  media_at_ = now + retry_delay(response, media_failures_);
}

// What was wanted is gone for good: the player jumps to the live position of the next playlist.
void Player::start_over_from_live() {
  wanted_.reset();
  place_.reset();
}

}  // namespace levee::surge
