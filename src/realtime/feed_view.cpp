#include "levee/realtime/feed_view.hpp"

#include <algorithm>
#include <utility>

namespace levee::realtime {
namespace {

// When something of this Unix time was, by the monotonic clock; what claims to be of the future is of now.
TimePoint moment_of(std::int64_t time_ms, Moment now) {
  return now.time - std::chrono::milliseconds{std::max<std::int64_t>(now.wall_ms - time_ms, 0)};
}

}  // namespace

void FeedView::apply(const Record& record, std::uint64_t offset, Moment now) {
  auto told = from_record(record);
  if (!told) return;
  if (const auto* gate = std::get_if<FeedGate>(&*told)) return take(*gate, offset, now);
  take(std::get<FeedKey>(std::move(*told)), offset, now);
}

void FeedView::take(FeedKey key, std::uint64_t offset, Moment now) {
  auto& entry = entries_[key.key];
  const bool fresh = !entry.body || entry.version < key.version;
  if (fresh) {
    if (entry.body) {
      auto& place = entry.superseded[entry.next_superseded++ % entry.superseded.size()];
      place = {entry.version, std::move(entry.body), entry.origin, now.time};
    }
    entry.value_changed = offset;
    entry.version = key.version;
    entry.origin = moment_of(key.time_ms, now);
    entry.body = std::make_shared<const std::string>(std::move(key.body));
  }
  entry.changed = offset;
  entry.change = ++changes_;
  if (fresh || key.mark != KeyMark::silent) entry.told = offset;
  entry.ttl = key.ttl;
  entry.mark = key.mark;
  entry.session = key.session;
  expect(entry);
}

void FeedView::take(const FeedGate& gate, std::uint64_t offset, Moment now) {
  if (gate.version < gate_.version) return;
  const bool same = gate.state == gate_.state && gate.session == gate_.session;
  gate_ = gate;
  if (gate.state == GateState::open) {
    vouched_ = moment_of(gate.time_ms, now);
    vouched_changed_ = offset;
    if (same) return;  // it only vouches
  }
  if (!has_gate_) return;
  for (auto& [key, entry] : entries_) {
    entry.changed = offset;
    entry.change = ++changes_;
    expect(entry);
  }
}

bool FeedView::unmarked(const Entry& entry) const {
  if (entry.mark != KeyMark::none) return false;
  return !has_gate_ || (gate_.state == GateState::open && entry.session == gate_.session);
}

TimePoint FeedView::vouched(const Entry& entry) const {
  const bool counts = has_gate_ && unmarked(entry) && entry.told <= vouched_changed_;
  return counts ? std::max(entry.origin, vouched_) : entry.origin;
}

void FeedView::expect(const Entry& entry) {
  if (!has_gate_ || !unmarked(entry)) return;
  const auto due = vouched(entry) + entry.ttl + kGrain;
  if (!due_ || due < *due_) due_ = due;
}

bool is_watched(const FeedView& track, TimePoint now, Duration lately) {
  return track.gate().state == GateState::open && now - track.vouched() < lately;
}

std::vector<Record> FeedView::take_silent(Moment now) {
  std::vector<Record> silent;
  if (!due_ || now.time < *due_) return silent;
  due_.reset();
  for (const auto& [key, entry] : entries_) {
    if (!unmarked(entry)) continue;
    if (live(entry, now.time)) {
      expect(entry);
    } else {
      silent.push_back({key, entry.version, 0, feed_mark(KeyMark::silent, entry.session), "[]"});
    }
  }
  // Many keys that are due one after the other must not each cost a look at all of them.
  if (due_) due_ = std::max(*due_, now.time + kGrain);
  if (!silent.empty()) due_ = std::min(due_.value_or(now.time + kRetry), now.time + kRetry);
  return silent;
}

Judgement FeedView::judge(std::string_view key, const Version& seen, const ActRules& rules,
                          TimePoint now) const {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return {};
  const auto& entry = found->second;
  Judgement judgement{ActVerdict::unknown, entry.version, {}, nullptr};
  if (!live(entry, now)) {
    judgement.verdict = ActVerdict::stale;
  } else if (seen == entry.version) {
    judgement = {ActVerdict::accepted, entry.version, now - entry.origin, entry.body};
  } else if (seen < entry.version) {
    judgement.verdict = ActVerdict::superseded;
    const auto old = std::ranges::find(entry.superseded, seen, &Superseded::version);
    if (old != entry.superseded.end() && old->body && now - old->until <= rules.quote_life)
      judgement = {ActVerdict::accepted, entry.version, now - old->origin, old->body};
  }
  return judgement;
}

}  // namespace levee::realtime
