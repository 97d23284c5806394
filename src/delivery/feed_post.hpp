#pragma once

#include <boost/asio/awaitable.hpp>

#include "levee/delivery/upgrade.hpp"
#include "levee/realtime/hub.hpp"

namespace levee::delivery {

/// Reads the body of a POST to a feed, gives it to the hub, answers and closes.
///
/// Errors: a body that takes longer than 10 s, or an answer of the hub that does, ends the connection.
/// Lifetime: `hub` outlives it. Thread: the hub's.
boost::asio::awaitable<void> serve_feed_post(Socket socket, UpgradeRequest request, realtime::Hub& hub);

}  // namespace levee::delivery
