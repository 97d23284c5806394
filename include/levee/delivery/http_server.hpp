#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "levee/base/metrics.hpp"
#include "levee/delivery/catalog.hpp"
#include "levee/delivery/settings.hpp"
#include "levee/delivery/upgrade.hpp"
#include "levee/delivery/viewer_count.hpp"
#include "levee/hls/part.hpp"
#include "levee/realtime/bus.hpp"
#include "levee/runtime/shard.hpp"

namespace levee::delivery {

/// What the server is connected to. Every one may be empty.
struct HttpHooks {
  UpgradeHandler upgrade;         ///< takes WebSockets; empty: /rt answers 426
  ViewerCountSink viewer_counts;  ///< told once a second, on shard 0
  std::function<void(MetricsText&)>
      write_metrics;             ///< all of the process, for /metrics; on the control thread
  realtime::Bus* bus = nullptr;  ///< for /api/v1/tracks; null: there are none. Lifetime: outlives the server
  std::function<bool()> ready;   ///< for /readyz; called on any thread
  /// Where admission is decided and the admin port is served: a context that viewers can't keep busy. Null:
  /// shard 0's. Lifetime: as the shards'.
  boost::asio::io_context* control = nullptr;
};

/// The public listener on every shard, and the admin listener and the admission controller on the control
/// thread.
///
///   delivery::Catalog catalog{shards, settings.max_parked};
///   stream::Registry registry{shards, ..., catalog};
///   delivery::HttpServer http{shards, settings, hls_settings, catalog, std::move(hooks)};
///   http.start();                   // throws when a port can't be had
///   shards.start();
///   ...
///   co_await registry.stop();       // playlists end, and with them what is parked
///   co_await http.stop();
///   shards.stop();
///
/// Lifetime: `shards` and `catalog` outlive it. It is destroyed after `stop` has returned, or after the
/// shards were stopped.
class HttpServer {
 public:
  /// Reads the pages of `settings.web_root` into memory. Blocks.
  HttpServer(runtime::ShardPool& shards, Settings settings, const hls::Settings& hls, Catalog& catalog,
             HttpHooks hooks);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Opens the ports and serves as soon as the shards run. Errors: throws boost::system::system_error.
  void start();

  /// The ports in use, which the kernel chose where the settings say 0. After `start`.
  std::uint16_t port() const;
  std::uint16_t admin_port() const;

  /// Accepts no more; answers what is parked at once; lets responses in flight end within
  /// `settings.stop_grace`; closes. Thread: any coroutine's, while the shards run.
  boost::asio::awaitable<void> stop();

  /// Thread: any.
  void write_metrics(MetricsText& out) const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;  ///< what is posted between shards holds it weakly
};

}  // namespace levee::delivery
