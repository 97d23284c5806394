#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <utility>

#include "levee/admission/gate.hpp"
#include "levee/base/clock.hpp"
#include "levee/delivery/lateness.hpp"
#include "levee/delivery/viewer_sessions.hpp"

namespace levee::delivery {

/// What one shard did over some time, and how it stands at its end.
struct ShardReading {
  // Over the time.
  Duration time{};
  Duration cpu{};            ///< used, or waited for while others had it
  LatenessHistogram steady;  ///< deliveries to viewers who were let in some seconds ago
  LatenessHistogram weak;    ///< the same, to those whose own link has been too slow before
  Duration loop_lag{};       ///< the worst
  Duration accept_age{};     ///< the worst
  std::uint64_t bytes = 0;   ///< taken by the kernel
  std::uint64_t parks = 0;
  std::uint64_t returning = 0;  ///< known viewers on new connections
  admission::Tally tally;
  Beginnings beginnings;

  // At its end.
  TimePoint taken{};
  std::uint64_t send_queue = 0;
  std::uint32_t accept_queue = 0;
  std::size_t at_the_door = 0;  ///< connections on which nobody was let in
  std::size_t sessions = 0;
  std::size_t parked = 0;
  std::size_t waiting = 0;
  double reserved = 0;

  /// Appends a later reading.
  void add(const ShardReading& later);
};

/// What the connections of one shard tell of their deliveries between two heartbeats. Costs a few additions a
/// response. Thread: its shard's.
class ShardMeter {
 public:
  /// The last byte of a response was taken by the kernel, so long after its media was ready and asked for.
  void delivered(Duration late, bool weak) { (weak ? reading_.weak : reading_.steady).record(late); }
  void returned() { ++reading_.returning; }
  /// Bytes of responses begun that the kernel has not taken; `bytes` may be negative.
  void queued(std::int64_t bytes) { queue_ += bytes; }

  /// What was told since the last call, with the queue as it is.
  ShardReading take() {
    ShardReading out = std::exchange(reading_, {});
    out.send_queue = static_cast<std::uint64_t>(queue_ > 0 ? queue_ : 0);
    return out;
  }

 private:
  ShardReading reading_;
  std::int64_t queue_ = 0;
};

/// How long the connection at the head of an accept queue has waited, which no system call tells: by the time
/// since the queue was last seen empty, and no more than its length takes at the rate at which it is emptied.
/// Thread: one. Time: passed in.
class AcceptQueueAge {
 public:
  void accepted() { ++accepted_; }
  void found_empty(TimePoint now) { empty_ = now; }

  /// `length`: of the queue now. Begins the next period.
  Duration look(std::uint32_t length, TimePoint now);

 private:
  std::uint64_t accepted_ = 0;
  TimePoint empty_{};
  TimePoint looked_{};
};

/// Where a shard leaves its readings for the thread that evaluates them.
/// Thread: any; the lock is held for a copy.
class ReadingSlot {
 public:
  void put(const ShardReading& reading);
  /// All since the last call put together; `time` is zero when there was none.
  ShardReading take();

 private:
  std::mutex mutex_;
  ShardReading reading_;
};

}  // namespace levee::delivery
