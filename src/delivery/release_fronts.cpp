#include "levee/delivery/release_fronts.hpp"

#include <algorithm>

namespace levee::delivery {
namespace {

/// Whom others keep from its core comes to it again within some milliseconds, again and again.
constexpr Duration kStuck = std::chrono::milliseconds{50};

}  // namespace

bool ReleaseFronts::may_wake(std::size_t shard, const ReleaseFront& next, admission::TurnOrder order,
                             TimePoint now) {
  const std::lock_guard lock{mutex_};
  Shard& mine = shards_[shard];
  mine.next = next;
  ReleaseFront& oldest = mine.woken[mine.times % kAhead];
  const bool far = next.release != 0 && oldest.release == next.release;
  const bool waits = far && std::ranges::any_of(shards_, [&](const Shard& other) {
                       return &other != &mine && waits_for(other, oldest, order, now);
                     });
  if (waits) return false;
  oldest = next;
  ++mine.times;
  mine.moved = now;
  return true;
}

bool ReleaseFronts::waits_for(const Shard& other, const ReleaseFront& long_woken, admission::TurnOrder order,
                              TimePoint now) {
  return other.next && other.next->release == long_woken.release && now - other.moved < kStuck &&
         admission::goes_before(other.next->turn, long_woken.turn, order);
}

void ReleaseFronts::rest(std::size_t shard) {
  const std::lock_guard lock{mutex_};
  shards_[shard].next.reset();
}

}  // namespace levee::delivery
