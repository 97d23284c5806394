#include "levee/runtime/task_group.hpp"

#include <cassert>
#include <exception>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <spdlog/spdlog.h>

#include "levee/runtime/use_result.hpp"

namespace levee::runtime {

namespace asio = boost::asio;

namespace {

/// A spawned coroutine hears of nothing but `terminal` unless it says otherwise.
template <class Executor>
asio::awaitable<void, Executor> hear_requests_to_end(asio::awaitable<void, Executor> task) {
  co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
  co_await std::move(task);
}

}  // namespace

TaskGroup::TaskGroup(asio::io_context& context) : context_{context}, ended_{context} {}

TaskGroup::~TaskGroup() { assert(tasks_.empty() || context_.stopped()); }

template <class Awaitable>
void TaskGroup::start(const char* name, Awaitable task) {
  const auto place = tasks_.emplace(tasks_.end());
  auto on_end = [this, place, name](std::exception_ptr thrown) {
    if (thrown) {
      try {
        std::rethrow_exception(thrown);
      } catch (const boost::system::system_error& error) {
        // A cancelled task may end by exception at its next co_await; that is no bug.
        if (error.code() != asio::error::operation_aborted)
          spdlog::error("task={} threw error={}", name, error.what());
      } catch (const std::exception& error) {
        spdlog::error("task={} threw error={}", name, error.what());
      }
    }
    tasks_.erase(place);
    if (tasks_.empty()) ended_.cancel();
  };
  asio::co_spawn(context_, std::move(task),
                 asio::bind_cancellation_slot(place->signal.slot(), std::move(on_end)));
}

void TaskGroup::spawn(const char* name, asio::awaitable<void> task) {
  start(name, hear_requests_to_end(std::move(task)));
}

void TaskGroup::spawn(const char* name, ShardTask<void> task) {
  start(name, hear_requests_to_end(std::move(task)));
}

void TaskGroup::spawn_unasked(const char* name, ShardTask<void> task) { start(name, std::move(task)); }

asio::awaitable<void> TaskGroup::stop(Duration grace) {
  // An emit may end a task on the spot and so change the list: step on before it.
  const auto ask_all = [this](asio::cancellation_type type) {
    for (auto task = tasks_.begin(); task != tasks_.end();) {
      const auto current = task++;
      current->signal.emit(type);
    }
  };
  ask_all(asio::cancellation_type::total);
  if (!tasks_.empty()) {
    ended_.expires_after(grace);
    co_await ended_.async_wait(use_result);
  }
  while (!tasks_.empty()) {
    ask_all(asio::cancellation_type::terminal);
    ended_.expires_after(std::chrono::milliseconds{100});
    co_await ended_.async_wait(use_result);
  }
}

}  // namespace levee::runtime
