#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "levee/base/clock.hpp"
#include "levee/runtime/shard_task.hpp"

namespace levee::runtime {

/// The only way a coroutine is started. Owns none of what its tasks refer to, but knows when all have ended.
///
/// A task that throws is a bug: the exception is logged with the task's name and the process goes on.
/// Lifetime: every group is stopped before what its tasks refer to is destroyed; destroying a group with
/// tasks in it is an error (asserted).
/// Thread: all of it on the one thread of `context`.
class TaskGroup {
 public:
  explicit TaskGroup(boost::asio::io_context& context);
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  /// Starts `task`. `name` is for the log and must be a literal.
  void spawn(const char* name, boost::asio::awaitable<void> task);
  void spawn(const char* name, ShardTask<void> task);
  /// The same for a task that its owner asks to end in another way: it hears of nothing but the abort. Where
  /// thousands wait, that saves each of them a coroutine frame.
  void spawn_unasked(const char* name, ShardTask<void> task);

  /// Asks every task to end (cancellation `total`), aborts those still there after `grace` (`terminal`), and
  /// returns when all have ended. Tasks spawned meanwhile are aborted after `grace`.
  boost::asio::awaitable<void> stop(Duration grace);

  std::size_t size() const { return tasks_.size(); }

 private:
  struct Task {
    boost::asio::cancellation_signal signal;
  };

  template <class Awaitable>
  void start(const char* name, Awaitable task);

  boost::asio::io_context& context_;
  std::list<Task> tasks_;
  boost::asio::steady_timer ended_;  ///< cancelled whenever the last task ends
};

}  // namespace levee::runtime
