#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

namespace levee::runtime {

/// Runs `task` on `context` and waits until it has ended. For the main thread and for tests.
///
/// Errors: rethrows what the task threw. Thread: any but the one that runs `context`.
void run_blocking(boost::asio::io_context& context, boost::asio::awaitable<void> task);

}  // namespace levee::runtime
