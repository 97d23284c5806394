#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>

#include "levee/base/clock.hpp"
#include "levee/runtime/shard_task.hpp"

namespace levee::delivery {

/// Who sends first when more is asked for at once than a shard can send at once.
///
/// It is for what can wait: segments, which fill a buffer, and all that newcomers fetch to begin with.
/// Viewers of plain HLS ask at their own times, but those who were let in within one second go on asking
/// within one second of each other: a core that has time enough on average has too little then. A turn of the
/// shard (all that was due when it began) sends for a slice to whoever comes; the others wait, and are
/// let go some in each turn, a quarter of a millisecond's worth, the oldest connection first. So whoever
/// comes later adds next to nothing to how late media is for those who were there.
///
/// Limits: one who waits for each connection. Thread: its shard's. Lifetime: outlives its connections.
class SendOrder {
 public:
  SendOrder() : state_{std::make_shared<State>()} {}

  /// Whether a connection may write now, without waiting. It is then taken to write.
  bool may_write(runtime::ShardExecutor shard, TimePoint now);

  /// Waits for the turn of a connection that was made at `since` and has `bytes` to send. Ends early when it
  /// is cancelled.
  runtime::ShardTask<void> turn(runtime::ShardExecutor shard, TimePoint since, std::uint64_t bytes);

 private:
  using Timer =
      boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>, runtime::ShardExecutor>;
  struct Waiting {
    Timer* timer;
    std::uint64_t bytes;
  };
  struct State {
    std::multimap<TimePoint, Waiting> waiting;  ///< by age of connection
    TimePoint began{};                          ///< the sends of this turn; zero: there were none
  };

  static void await_next_turn(const std::shared_ptr<State>& state, runtime::ShardExecutor shard);
  static void begin_turn(const std::shared_ptr<State>& state, runtime::ShardExecutor shard);

  std::shared_ptr<State> state_;  ///< what is posted holds it weakly
};

}  // namespace levee::delivery
