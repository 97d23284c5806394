#include "delivery/shard_meter.hpp"

#include <algorithm>

namespace levee::delivery {

void ShardReading::add(const ShardReading& later) {
  time += later.time;
  cpu += later.cpu;
  steady.add(later.steady);
  weak.add(later.weak);
  loop_lag = std::max(loop_lag, later.loop_lag);
  accept_age = std::max(accept_age, later.accept_age);
  bytes += later.bytes;
  parks += later.parks;
  returning += later.returning;
  tally.seen += later.tally.seen;
  tally.admitted += later.tally.admitted;
  tally.refused += later.tally.refused;
  beginnings.count += later.beginnings.count;
  beginnings.bytes += later.beginnings.bytes;
  taken = later.taken;
  send_queue = later.send_queue;
  accept_queue = later.accept_queue;
  at_the_door = later.at_the_door;
  sessions = later.sessions;
  parked = later.parked;
  waiting = later.waiting;
  reserved = later.reserved;
}

Duration AcceptQueueAge::look(std::uint32_t length, TimePoint now) {
  const auto period = now - std::exchange(looked_, now);
  const auto accepted = std::exchange(accepted_, 0);
  if (length == 0) {
    empty_ = now;
    return {};
  }
  const Duration since_empty = now - empty_;
  if (accepted == 0) return since_empty;
  return std::min(since_empty, Duration{period * length / static_cast<Duration::rep>(accepted)});
}

void ReadingSlot::put(const ShardReading& reading) {
  const std::lock_guard lock{mutex_};
  reading_.add(reading);
}

ShardReading ReadingSlot::take() {
  const std::lock_guard lock{mutex_};
  ShardReading out = reading_;
  reading_ = {};
  // What stands stays: the shard may be too busy to tell before the next call.
  reading_.taken = out.taken;
  reading_.send_queue = out.send_queue;
  reading_.accept_queue = out.accept_queue;
  reading_.at_the_door = out.at_the_door;
  reading_.sessions = out.sessions;
  reading_.parked = out.parked;
  reading_.waiting = out.waiting;
  reading_.reserved = out.reserved;
  return out;
}

}  // namespace levee::delivery
