#include "surge/feed_watcher.hpp"

#include <algorithm>
#include <chrono>

#include <spdlog/fmt/fmt.h>

#include "surge/realtime_text.hpp"

namespace levee::surge {
namespace {

// Keys that one look judges; the next look goes on behind them.
constexpr std::size_t kJudgedAtOnce = 50;
// Far beyond what any server accepts of an older quote (`feed.quote_life_ms`).
constexpr Duration kSurelyOld = std::chrono::seconds{3};

}  // namespace

FeedWatcher::FeedWatcher(Network& network, const RealtimePlace& place, FeedReport& report, Feed& feed,
                         const FeedClients& settings, KeyedFrames& frames, std::uint32_t seed)
    : KeyedWatcher{network, place, report, settings.keys, seed},
      feed_{feed},
      settings_{settings},
      frames_{frames},
      before_(settings.keys) {}

void FeedWatcher::heard(std::string_view text, TimePoint now) {
  if (text.starts_with(R"({"i":)")) return answered(text);
  const auto& frame = frames_.read(text);
  std::vector<KeyedVersion> seen;
  for (const auto& record : frame.records)
    seen.push_back(record.key < before_.size() ? view().held()[record.key].version : KeyedVersion{});
  take(frame, now);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const auto key = frame.records[i].key;
    const bool is_older = key < before_.size() && seen[i] < view().held()[key].version;
    if (is_older && before_[key] == KeyedVersion{}) before_[key] = seen[i];
  }
}

void FeedWatcher::take_news(const KeyedFrame& frame, TimePoint now) {
  for (const auto& news : view().news()) {
    const auto& held = view().held()[news.key];
    if (!ours(held)) continue;
    ++report().received;
    const auto* said = feed_.truth.said(news.key, held.number);
    if (held.number != held.version.sequence || held.number > feed_.truth.newest(news.key))
      ++report().out_of_order;
    if (said == nullptr || !news.pushed || !awake_since(said->at)) continue;
    delivered(now - said->at, now);
  }
  if (frame.kind != KeyedFrame::Kind::push || feed_.lost_at <= told_) return;
  const bool told = std::any_of(frame.records.begin(), frame.records.end(),
                                [](const KeyedRecord& record) { return record.marked; });
  if (!told) return;
  told_ = feed_.lost_at;
  if (view().synced_since() < feed_.lost_at && awake_since(feed_.lost_at))
    report().stale_told.record(now - feed_.lost_at);
}

void FeedWatcher::judge(TimePoint now) {
  const auto keys = view().held().size();
  for (std::size_t i = 0; i < std::min(keys, kJudgedAtOnce); ++i) {
    const auto key = next_key_++ % keys;
    ++report().judged;
    if (!view().live(key, life(), now)) continue;
    ++report().live;
    const auto& held = view().held()[key];
    if (!ours(held) || !feed_.truth.may_be_live(key, held.number, now)) ++report().stale_as_live;
  }
}

void FeedWatcher::act(TimePoint now) {
  if (!open()) return;
  const bool on_old = request_ % 2 == 1;
  const auto keys = view().held().size();
  for (std::size_t i = 0; i < keys; ++i) {
    const auto key = (next_key_ + i) % keys;
    if (on_old) {
      const auto old = before_[key];
      const bool surely =
          old.epoch == feed_.epoch && feed_.truth.superseded_for(key, old.sequence, kSurelyOld, now);
      if (!surely) continue;
      before_[key] = {};
      return send_act(key, old, true);
    } else if (view().live(key, life(), now)) {
      return send_act(key, view().held()[key].version, false);
    }
  }
  ++request_;  // there is none: the other next time
}

void FeedWatcher::send_act(std::size_t key, KeyedVersion seen, bool stale) {
  ++(stale ? report().stale_acts : report().acts);
  const auto request = ++request_;
  acts_[request] = stale;
  send(fmt::format(R"({{"i":{},"op":"act","ch":"{}","k":"k{}","q":[{},{}],"d":{{"side":"buy"}}}})", request,
                   feed_.channel, key, seen.epoch, seen.sequence));
}

void FeedWatcher::answered(std::string_view text) {
  const auto number = number_after(text, R"({"i":)");
  const auto found = acts_.find(static_cast<std::uint64_t>(number.value_or(0)));
  if (found == acts_.end()) return;
  const bool accepted = text.find(R"("err":)") == std::string_view::npos;
  if (accepted) ++(found->second ? report().stale_acts_accepted : report().acts_accepted);
  acts_.erase(found);
}

void FeedWatcher::gone(TimePoint now) {
  KeyedWatcher::gone(now);
  acts_.clear();
}

}  // namespace levee::surge
