#include "surge/player.hpp"

#include <algorithm>
#include <utility>

namespace levee::surge {
namespace {

using std::chrono::seconds;

// A page whose player gave up loads again at least this often.
constexpr Duration kMostDelay = seconds{8};

bool playlist_kind(FetchKind kind) {
  return kind == FetchKind::playlist || kind == FetchKind::blocking_playlist;
}

// The folder that a rendition's playlist lies in names it: "v/TOKEN/480p/index.m3u8" is 480p.
std::string_view rendition_name(std::string_view uri) {
  uri = uri.substr(0, uri.find('?'));
  const auto slash = uri.rfind('/');
  if (slash == std::string_view::npos) return uri.substr(0, uri.rfind('.'));
  const auto before = uri.substr(0, slash).rfind('/');
  return uri.substr(before == std::string_view::npos ? 0 : before + 1, slash - (before + 1));
}

}  // namespace

Player::Player(PlayerContext& context, PlayerOutlet& outlet, Recorder& recorder, std::string path)
    : context_{context}, outlet_{outlet}, recorder_{recorder}, path_{std::move(path)} {}

void Player::arrive(TimePoint due) {
  arrived_ = due;
  admitted_at_.reset();
  returning_ = false;
  playback_ = {};
  place_.reset();
  playlist_.reset();
  init_path_.clear();
  latest_init_.clear();
  ask_failures_ = reload_failures_ = media_failures_ = 0;
  ++recorder_.stats().started;
  ask(due);
}

void Player::leave(TimePoint now) {
  if (step_ == Step::away) return;
  if (playback_.stalled(now)) stall_seen(playback_.stalled_since(now));
  if (const auto stall = playback_.leave(now)) stall_ended(*stall, now);
  step_ = Step::away;
  wanted_.reset();
  fetching_ = reloading_ = false;
  ask_at_.reset();
  reload_at_.reset();
  media_at_.reset();
}

void Player::come_back(TimePoint now) {
  if (!context_.settings.reload_on_drop) return;
  if (step_ != Step::watching || reloading_ || fetching_ || playlist_->ended) return;
  reload_at_.reset();
  request_playlist(now);
  plan_wake();
}

void Player::answered_again(TimePoint now) {
  if (const auto dropped_at = std::exchange(dropped_at_, std::nullopt))
    recorder_.stats().return_time.record(now - *dropped_at);
}

void Player::answered(FetchKind kind, TimePoint due, const Response& response) {
  if (step_ == Step::away) return;
  if (kind == FetchKind::multivariant) {
    multivariant_answered(due, response);
  } else if (playlist_kind(kind)) {
    reloading_ = false;
    playlist_answered(kind, due, response);
  } else {
    fetching_ = false;
    media_answered(kind, due, response);
  }
  plan_wake();
}

void Player::wake(TimePoint now) {
  const auto due = [&](std::optional<TimePoint>& at) -> std::optional<TimePoint> {
    if (!at || *at > now) return {};
    return std::exchange(at, std::nullopt);
  };
  if (const auto at = due(ask_at_)) ask(*at);
  if (const auto at = due(reload_at_)) request_playlist(*at);
  if (const auto at = due(media_at_)) {
    if (wanted_) {
      request_media(*at);
    } else {
      fetch_next(*at);
    }
  }
  plan_wake();
}

void Player::plan_wake() {
  std::optional<TimePoint> first;
  for (const auto& at : {ask_at_, reload_at_, media_at_}) {
    if (at && (!first || *at < *first)) first = at;
  }
  if (first) outlet_.wake_at(*first);
}

void Player::ask(TimePoint due) {
  step_ = Step::asking;
  if (returning_) ++recorder_.stats().waits_kept;
  outlet_.fetch({FetchKind::multivariant, path_, due, context_.settings.request_timeout});
}

void Player::multivariant_answered(TimePoint due, const Response& response) {
  const auto now = response.ended;
  if (response.end == ExchangeEnd::complete && response.status == 503 && response.retry_after_s) {
    told_to_wait(due, response);
    return;
  }
  if (!count_error(response)) {
    auto parsed =
        parse_playlist(response.body);  // has a token of its own in it: no other viewer gets the same
    if (parsed.media) {                 // a stream of one rung, without a ladder
      auto ladder = std::make_shared<MultivariantPlaylist>();
      ladder->variants.push_back({path_, 0, 0});
      parsed.multivariant = std::move(ladder);
    }
    if (parsed.multivariant && !parsed.multivariant->variants.empty()) {
      recorder_.fetched(FetchKind::multivariant, now - due, now);
      ladder_ = std::move(parsed.multivariant);
      let_in(now);
      return;
    }
    recorder_.failed(ErrorKind::malformed, now);
  }
  returning_ = false;
  ask_at_ = now + retry_delay(response, ask_failures_);
}

void Player::told_to_wait(TimePoint due, const Response& response) {
  recorder_.refused(response.ended - due, response.ended - response.sent, response.ended);
  ++recorder_.stats().waits_told;
  step_ = Step::told_to_wait;
  returning_ = true;
  ask_at_ = response.ended + seconds{*response.retry_after_s};
}

void Player::let_in(TimePoint now) {
  auto& stats = recorder_.stats();
  ++stats.admitted;
  if (returning_) ++stats.waits_honest;
  stats.wait.record(now - arrived_);
  admitted_at_ = now;
  ask_failures_ = 0;
  rung_ = wanted_rung_ = first_rung();
  playlist_path_ = resolve_path(path_, ladder_->variants[rung_].uri);
  playlist_.reset();
  step_ = Step::choosing;
  request_playlist(now);
}

std::size_t Player::first_rung() const {
  const auto& rungs = ladder_->variants;
  const auto& wish = context_.settings.start_rung;
  if (wish == "lowest") return 0;
  if (wish == "highest") return rungs.size() - 1;
  if (wish == "first") return std::min(ladder_->listed_first, rungs.size() - 1);
  for (std::size_t i = 0; i < rungs.size(); ++i) {
    if (rendition_name(rungs[i].uri) == wish) return i;
  }
  std::size_t rung = 0;
  while (rung + 1 < rungs.size() &&
         static_cast<double>(rungs[rung + 1].bandwidth) <= 0.7 * throughput_.bits_per_second())
    ++rung;
  return rung;
}

std::optional<ErrorKind> Player::count_error(const Response& response) {
  std::optional<ErrorKind> error;
  switch (response.end) {
    case ExchangeEnd::complete:
      if (response.status >= 500)
        error = ErrorKind::status_5xx;
      else if (response.status >= 400)
        error = ErrorKind::status_4xx;
      else if (response.status != 200)
        error = ErrorKind::malformed;
      break;
    case ExchangeEnd::no_connection:
      error = ErrorKind::no_connection;
      break;
    case ExchangeEnd::reset:
      error = ErrorKind::reset;
      break;
    case ExchangeEnd::truncated:
      error = ErrorKind::truncated;
      break;
    case ExchangeEnd::time_out:
      error = ErrorKind::time_out;
      break;
    case ExchangeEnd::malformed:
      error = ErrorKind::malformed;
      break;
  }
  if (!error) return {};
  const bool refused = response.end == ExchangeEnd::complete && response.status == 503 && admitted_at_;
  if (refused) {
    recorder_.refused_media(response.ended);
  } else {
    recorder_.failed(*error, response.ended);
  }
  return error;
}

// As hls.js: a time-out is tried again at once, everything else after 1, 2, 4 and then 8 s.
Duration Player::retry_delay(const Response& response, unsigned& failures) const {
  if (response.retry_after_s) return seconds{*response.retry_after_s};
  if (response.end == ExchangeEnd::time_out) return {};
  const Duration delay = seconds{1} * (1 << std::min(failures, 3u));
  ++failures;
  return std::min(delay, kMostDelay);
}

Player::Standing Player::look(TimePoint now, bool with_latency) {
  if (step_ == Step::away) return Standing::away;
  if (!playback_.started()) return Standing::waiting;
  if (shown_to_the_end(now)) {
    step_ = Step::away;
    return Standing::away;
  }
  const bool from_t0 = recorder_.phase() && *recorder_.phase() != Phase::before;
  bool& watched = from_t0 ? watched_since_ : watched_before_;
  if (recorder_.phase() && !std::exchange(watched, true)) ++recorder_.stats().viewers_watched;
  const bool stalled = playback_.stalled(now);
  if (stalled) stall_seen(playback_.stalled_since(now));
  if (!stalled && with_latency && buffered_until_) {
    const auto played =
        *buffered_until_ - std::chrono::duration_cast<WallTime::duration>(playback_.level(now));
    recorder_.behind_live(std::max(Duration{}, Duration{context_.wall(now) - played}), now);
  }
  return stalled ? Standing::stalled : Standing::playing;
}

bool Player::shown_to_the_end(TimePoint now) const {
  return playlist_ && playlist_->ended && !wanted_ && !fetching_ && playback_.level(now) == Duration::zero();
}

void Player::stall_seen(TimePoint since) {
  if (!stall_counted_until_) {
    ++recorder_.stats().stalls;
    stall_counted_until_ = since;
  }
  if (!recorder_.phase()) return;
  bool& counted = *recorder_.phase() == Phase::before ? stall_counted_before_ : stall_counted_since_;
  if (!std::exchange(counted, true)) ++recorder_.stats().viewers_stalled;
}

void Player::count_stall_time(TimePoint since, TimePoint now) {
  const auto from = std::max(since, stall_counted_until_.value_or(since));
  const auto time = std::chrono::duration_cast<std::chrono::microseconds>(now - from);
  recorder_.stats().stall_us += static_cast<std::uint64_t>(std::max<std::int64_t>(0, time.count()));
  stall_counted_until_ = now;
}

void Player::stall_ended(const Playback::Stall& stall, TimePoint now) {
  stall_seen(stall.began);
  count_stall_time(stall.began, now);
  recorder_.stats().stall.record(stall.length);
  stall_counted_until_.reset();
}

void Player::phase_ends(TimePoint now) {
  if (step_ == Step::away || !playback_.stalled(now)) return;
  const auto since = playback_.stalled_since(now);
  stall_seen(since);
  count_stall_time(since, now);
}

}  // namespace levee::surge
