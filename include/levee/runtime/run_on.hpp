#pragma once

#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace levee::runtime {

/// Runs `task` on another shard, waits for its end and goes on where it was called.
///
/// A cancellation of the caller does not reach the task: it would arrive on the wrong thread. So let the task
/// end by itself, soon. Errors: rethrows what the task threw.
/// Lifetime: `context` runs until the task has ended. Thread: any shard's.
template <class T>
boost::asio::awaitable<T> run_on(boost::asio::io_context& context, boost::asio::awaitable<T> task) {
  const boost::asio::cancellation_slot none;
  co_return co_await boost::asio::co_spawn(
      context, std::move(task), boost::asio::bind_cancellation_slot(none, boost::asio::use_awaitable));
}

}  // namespace levee::runtime
