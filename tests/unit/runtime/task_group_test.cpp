#include "levee/runtime/task_group.hpp"

#include <stdexcept>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <gtest/gtest.h>

#include "levee/base/result.hpp"
#include "levee/runtime/run_blocking.hpp"
#include "levee/runtime/shard.hpp"
#include "levee/runtime/use_result.hpp"

namespace levee::runtime {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::seconds;

asio::awaitable<void> wait_for_ever(asio::io_context& context, ErrorCode& ended) {
  asio::steady_timer timer{context, seconds{1000}};
  const auto [error] = co_await timer.async_wait(use_result);
  ended = error;
}

/// Refuses the polite request to end; only `terminal` ends it.
asio::awaitable<void> wait_stubbornly(asio::io_context& context, bool& ended) {
  co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
  co_await asio::this_coro::throw_if_cancelled(false);
  asio::steady_timer timer{context, seconds{1000}};
  co_await timer.async_wait(use_result);
  ended = true;
}

asio::awaitable<void> throw_something() {
  throw std::runtime_error{"a bug"};
  co_return;
}

asio::awaitable<void> stop_within(TaskGroup& group, Duration grace) { co_await group.stop(grace); }

TEST(TaskGroup, EndsWhenItsTasksAreAsked) {
  asio::io_context context{1};
  TaskGroup group{context};
  ErrorCode first;
  ErrorCode second;
  group.spawn("first", wait_for_ever(context, first));
  group.spawn("second", wait_for_ever(context, second));
  TaskGroup stopper{context};
  stopper.spawn("stop", stop_within(group, seconds{60}));
  const auto begin = Clock::now();
  context.run();
  EXPECT_LT(Clock::now() - begin, seconds{30}) << "they heard the request, not the end of the grace";
  EXPECT_EQ(first, asio::error::operation_aborted);
  EXPECT_EQ(second, asio::error::operation_aborted);
  EXPECT_EQ(group.size(), 0u);
}

ShardTask<void> wait_unasked(asio::io_context& context, bool& ended) {
  co_await asio::this_coro::throw_if_cancelled(false);
  asio::steady_timer timer{context, seconds{1000}};
  co_await timer.async_wait(use_shard_result);
  ended = true;
}

TEST(TaskGroup, DoesNotAskThoseSpawnedUnaskedButAbortsThem) {
  asio::io_context context{1};
  TaskGroup group{context};
  bool ended = false;
  group.spawn_unasked("unasked", wait_unasked(context, ended));
  TaskGroup stopper{context};
  stopper.spawn("stop", stop_within(group, milliseconds{50}));
  const auto begin = Clock::now();
  context.run();
  EXPECT_TRUE(ended);
  EXPECT_GE(Clock::now() - begin, milliseconds{50}) << "the end of the grace, and not the request";
}

TEST(TaskGroup, AbortsThoseWhoDoNotEndWithinTheGrace) {
  asio::io_context context{1};
  TaskGroup group{context};
  bool ended = false;
  group.spawn("stubborn", wait_stubbornly(context, ended));
  TaskGroup stopper{context};
  stopper.spawn("stop", stop_within(group, milliseconds{10}));
  context.run();
  EXPECT_TRUE(ended);
}

TEST(TaskGroup, OutlivesATaskThatThrows) {
  asio::io_context context{1};
  TaskGroup group{context};
  group.spawn("thrower", throw_something());
  context.run();
  EXPECT_EQ(group.size(), 0u);
}

asio::awaitable<void> note_thread(std::thread::id& id) {
  id = std::this_thread::get_id();
  co_return;
}

TEST(ShardPool, RunsEachShardOnAThreadOfItsOwn) {
  ShardPool shards{2};
  shards.start();
  std::thread::id first;
  std::thread::id second;
  run_blocking(shards.shard(0), note_thread(first));
  run_blocking(shards.shard(1), note_thread(second));
  EXPECT_NE(first, second);
  EXPECT_NE(first, std::this_thread::get_id());
  shards.stop();
}

}  // namespace
}  // namespace levee::runtime
