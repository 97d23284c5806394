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
    : KeyedWatcher{network, place, report, first + truths.size(), seed},
      truths_{truths},
      first_{first},
      settings_{settings},
      frames_{frames} {}

DeviceTruth* TrackWatcher::truth_of(std::size_t key) {
  if (key < first_ || key >= first_ + truths_.size()) return nullptr;
  auto* truth = truths_[key - first_].get();
  return view().held()[key].version.epoch == truth->boot ? truth : nullptr;  // else of an earlier run
}

void TrackWatcher::take_news(const KeyedFrame&, TimePoint now) {
  for (const auto& news : view().news()) {
    auto* truth = truth_of(news.key);
    if (truth == nullptr) continue;
    ++report().received;
    const auto* said = truth->said.find(view().held()[news.key].version.sequence);
    if (said == nullptr) {
      ++report().out_of_order;  // nobody said that
    } else if (said->past) {
      ++report().past_as_present;
    } else if (news.pushed) {
      delivered(now - said->sent, now);
    }
  }
}

void TrackWatcher::judge(TimePoint now) {
  for (std::size_t i = 0; i < std::min(truths_.size(), kJudgedAtOnce); ++i)
    judge_device(first_ + next_key_++ % truths_.size(), now);
}

void TrackWatcher::judge_device(std::size_t key, TimePoint now) {
  auto* truth = truth_of(key);
  if (truth == nullptr) return;
  ++report().judged;
  const auto number = view().held()[key].version.sequence;
  const auto state = shown(key, now);
  if (state == DeviceState::live) ++report().live;
  const auto most = freshest_state(*truth, number, now);
  if (!most) return;
  const auto* said = truth->said.find(number);
  const bool superseded = said != nullptr && said->superseded != TimePoint::max() &&
                          now - said->superseded > kBound && state == DeviceState::live;
  if (state > *most || superseded) ++report().stale_as_live;
  const auto promise = truth->promises.find(number);
  const bool knows = view().vouched(life(), now) && now - view().synced_since() > kMargin &&
                     promise != truth->promises.end() && said != nullptr;
  if (knows && state != DeviceState::live && now - said->at + kMargin < promise->second)
    ++report().live_as_stale;
}

DeviceState TrackWatcher::shown(std::size_t key, TimePoint now) const {
  const auto& held = view().held()[key];
  if (held.version == KeyedVersion{}) return DeviceState::none;
  if (!view().vouched(life(), now) || !held.owned || held.marked) return DeviceState::stale;
  const auto age =
      std::chrono::duration<double, std::milli>{KeyedView::elapsed_ms(held.time_ms, life(), now)};
  return device_state(std::chrono::duration_cast<Duration>(age), milliseconds{held.ttl_ms});
}

}  // namespace levee::surge
