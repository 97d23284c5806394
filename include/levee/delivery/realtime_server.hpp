#pragma once

#include <cstddef>
#include <memory>

#include <boost/asio/awaitable.hpp>

#include "levee/base/clock.hpp"
#include "levee/base/metrics.hpp"
#include "levee/delivery/upgrade.hpp"
#include "levee/realtime/bus.hpp"
#include "levee/realtime/connection.hpp"
#include "levee/realtime/hub.hpp"
#include "levee/runtime/shard.hpp"

namespace levee::delivery {

/// How long a WebSocket may take, and how many there may be.
struct RealtimeSettings {
  realtime::HubSettings hub;             ///< its rates a second are of the node and shared by its shards
  std::size_t max_connections = 20'000;  ///< of the node
  Duration hello_timeout = std::chrono::seconds{10};
  Duration ping_after = std::chrono::seconds{30};    ///< of silence
  Duration idle_timeout = std::chrono::seconds{60};  ///< of silence, pings included
  Duration slow_timeout = std::chrono::seconds{15};  ///< without a byte taken
};

/// The WebSockets of `/rt`: a hub on every shard, all on one bus.
///
///   delivery::RealtimeServer realtime{shards, {}, bus, identities};
///   hooks.upgrade = realtime.handler();
///   realtime.start();
///   ...
///   co_await realtime.stop(grace);   // after the HTTP server stopped to hand connections over
///
/// Limits: RealtimeSettings; a connection beyond `max_connections` is told when to come back, and closed.
/// A connection has at most 256 KiB queued in user space, nothing while it is idle.
/// Lifetime: `shards`, `bus` and `identities` outlive it; it outlives the handler. `stop` it before its
/// destruction, and `bus` after it.
/// Thread: constructor, `start` and destructor on one; `write_metrics` on any.
class RealtimeServer {
 public:
  RealtimeServer(runtime::ShardPool& shards, RealtimeSettings settings, realtime::Bus& bus,
                 realtime::Identities& identities);
  ~RealtimeServer();
  RealtimeServer(const RealtimeServer&) = delete;
  RealtimeServer& operator=(const RealtimeServer&) = delete;

  void start();

  /// Takes connections over from the HTTP server.
  UpgradeHandler handler();

  /// Asks all clients, some at a time, to come back (to whoever listens then); after `grace` the rest is cut
  /// off. Thread: any shard's.
  boost::asio::awaitable<void> stop(Duration grace);

  void write_metrics(MetricsText& out) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace levee::delivery
