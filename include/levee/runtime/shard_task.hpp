#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace levee::runtime {

using ShardExecutor = boost::asio::io_context::executor_type;

/// A coroutine that can only run on a shard. Knowing the executor's type saves a twelfth of the cost of a
/// small HTTP request; elsewhere `awaitable<T>` is plainer.
template <class T>
using ShardTask = boost::asio::awaitable<T, ShardExecutor>;

/// `use_result` for the operations of a ShardTask.
inline constexpr auto use_shard_result = boost::asio::as_tuple(boost::asio::use_awaitable_t<ShardExecutor>{});

}  // namespace levee::runtime
