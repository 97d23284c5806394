#include "levee/realtime/feed_session.hpp"

#include <algorithm>

#include "levee/realtime/error.hpp"

namespace levee::realtime {

Result<FeedSession> FeedSession::begin(std::uint64_t epoch, const FeedView& view, std::int64_t wall_ms) {
  const auto& held = view.gate().version;
  if (epoch < held.epoch) return Errc::newer_source;
  // Sessions are numbered by the clock, a thousand to the millisecond: what an old one still says about its
  // gate, counting on from its own number, never reaches the next one's.
  auto number = static_cast<std::uint64_t>(std::max<std::int64_t>(wall_ms, 1)) * 1000;
  number = std::max(number, view.gate().session + 1);
  if (epoch == held.epoch) number = std::max(number, held.sequence + 1);
  return FeedSession{epoch, number};
}

Result<FeedSession> FeedSession::join(std::uint64_t epoch, const FeedView& view, std::int64_t wall_ms) {
  const auto& gate = view.gate();
  if (gate.version.epoch != epoch || gate.state != GateState::open) return begin(epoch, view, wall_ms);
  FeedSession session{epoch, gate.session};
  session.next_ = gate.version.sequence + 1;
  session.synced_ = true;
  return session;
}

Record FeedSession::gate(GateState state, std::int64_t wall_ms) {
  return to_record(FeedGate{{epoch_, next_++}, wall_ms, state, number_});
}

void FeedSession::say(const FeedItem& item, const FeedView& view, std::int64_t wall_ms,
                      std::vector<Record>& out) {
  count_gap(item);
  const auto found = view.entries().find(item.key);
  const bool known = found != view.entries().end();
  const Version version{epoch_, item.sequence};
  FeedKey key{item.key,
              version,
              std::min(item.time_ms.value_or(wall_ms), wall_ms),
              item.ttl,
              item.closed ? KeyMark::closed : KeyMark::none,
              number_,
              item.body.value_or("")};
  if (key.body.empty()) key.body = known ? *found->second.body : "{}";
  out.push_back(to_record(key));
  // The same value said again is no new one: what makes the key live is that the source vouches for it.
  const bool revives = known && found->second.version == version && found->second.mark == KeyMark::silent;
  if (revives && synced_) out.push_back(gate(GateState::open, wall_ms));
}

void FeedSession::count_gap(const FeedItem& item) {
  const auto found = last_of_.find(item.key);
  const bool follows = item.sequence <= last_ + 1;
  if (found != last_of_.end()) {
    if (item.sequence > found->second + 1 && !follows) ++gaps_;
    found->second = std::max(found->second, item.sequence);
  } else if (last_of_.size() < kMaxKeys) {
    last_of_.emplace(item.key, item.sequence);
  }
  last_ = std::max(last_, item.sequence);
}

Record FeedSession::synced(std::int64_t wall_ms) {
  synced_ = true;
  return gate(GateState::open, wall_ms);
}

std::optional<Record> FeedSession::alive(std::int64_t wall_ms) {
  if (!synced_) return {};
  return gate(GateState::open, wall_ms);
}

}  // namespace levee::realtime
