#include "surge/track_watcher.hpp"

#include <algorithm>
#include <chrono>

namespace levee::surge {
namespace {

using std::chrono::milliseconds;

// Devices that one look judges; the next look goes on behind them.
constexpr std::size_t kJudgedAtOnce = 50;
// What a client that obeys the protocol may show of a fix after a newer one: 2.5 heartbeats of a track, and
// the most that a message may be late.
constexpr Duration kBound = milliseconds{12'500 + 1500};
// To be blamed for showing less than there is, it must have had this long to know better.
constexpr Duration kMargin = std::chrono::seconds{2};

}  // namespace

TrackWatcher::TrackWatcher(Network& network, const RealtimePlace& place, TrackReport& report,
                           DeviceTruths& truths, std::size_t first, const TrackClients& settings,
                           KeyedFrames& frames, std::uint32_t seed)
    : RealtimeClient{network, place, report, seed},
      report_{report},
      truths_{truths},
      first_{first},
      settings_{settings},
      frames_{frames},
      view_{first + truths.size()} {}

DeviceTruth* TrackWatcher::truth_of(std::size_t key) {
  if (key < first_ || key >= first_ + truths_.size()) return nullptr;
  auto* truth = truths_[key - first_].get();
  return view_.held()[key].version.epoch == truth->boot ? truth : nullptr;  // else of an earlier run
}

void TrackWatcher::heard(std::string_view text, TimePoint now) {
  const bool was_synced = view_.synced();
  const bool whole = view_.take(frames_.read(text), life(), now);
  view_.faults().add_news_to(report_, noted_);
  take_news(now);
  if (!whole) subscribe_again();
  if (!was_synced && view_.synced()) caught_up(now);
}

void TrackWatcher::take_news(TimePoint now) {
  for (const auto& news : view_.news()) {
    auto* truth = truth_of(news.key);
    if (truth == nullptr) continue;
    ++report_.received;
    const auto* said = truth->said.find(view_.held()[news.key].version.sequence);
    if (said == nullptr) {
      ++report_.out_of_order;  // nobody said that
    } else if (said->past) {
      ++report_.past_as_present;
    } else if (news.pushed) {
      report_.delivery.record(now - said->sent);
      timeline_->delivered(now - said->sent, now);
    }
  }
}

void TrackWatcher::look(TimePoint now) {
  if (!open()) return;
  if (!view_.check(now)) {
    view_.faults().add_news_to(report_, noted_);
    subscribe_again();
  }
  for (std::size_t i = 0; i < std::min(truths_.size(), kJudgedAtOnce); ++i)
    judge(first_ + next_key_++ % truths_.size(), now);
}

void TrackWatcher::judge(std::size_t key, TimePoint now) {
  auto* truth = truth_of(key);
  if (truth == nullptr) return;
  ++report_.judged;
  const auto number = view_.held()[key].version.sequence;
  const auto state = shown(key, now);
  if (state == DeviceState::live) ++report_.live;
  const auto most = freshest_state(*truth, number, now);
  if (!most) return;
  const auto* said = truth->said.find(number);
  const bool superseded = said != nullptr && said->superseded != TimePoint::max() &&
                          now - said->superseded > kBound && state == DeviceState::live;
  if (state > *most || superseded) ++report_.stale_as_live;
  const auto promise = truth->promises.find(number);
  const bool knows = view_.vouched(life(), now) && now - view_.synced_since() > kMargin &&
                     promise != truth->promises.end() && said != nullptr;
  if (knows && state != DeviceState::live && now - said->at + kMargin < promise->second)
    ++report_.live_as_stale;
}

DeviceState TrackWatcher::shown(std::size_t key, TimePoint now) const {
  const auto& held = view_.held()[key];
  if (held.version == KeyedVersion{}) return DeviceState::none;
  if (!view_.vouched(life(), now) || !held.owned || held.marked) return DeviceState::stale;
  const auto age =
      std::chrono::duration<double, std::milli>{KeyedView::elapsed_ms(held.time_ms, life(), now)};
  return device_state(std::chrono::duration_cast<Duration>(age), milliseconds{held.ttl_ms});
}

}  // namespace levee::surge
