#pragma once

#include <cstdint>
#include <memory>

#include <boost/asio/awaitable.hpp>

#include "levee/base/metrics.hpp"
#include "levee/base/result.hpp"
#include "levee/ingest/settings.hpp"
#include "levee/runtime/shard.hpp"
#include "levee/stream/registry.hpp"

namespace levee::ingest {

/// Takes publishers by RTMP: one listening socket a shard, all on one port; a connection lives on the shard
/// that accepted it.
///
/// A publisher that may not publish is told why in the words of RTMP (NetStream.Publish.BadName and the
/// like), which OBS shows to the streamer, before its connection is closed. Nothing that a connection sends
/// touches another one.
///
/// Limits: RtmpSettings. Lifetime: `shards` and `registry` outlive it; `stop` it before its destruction.
/// Thread: `start` and the destructor on one thread; `port` and `write_metrics` on any.
class RtmpListener {
 public:
  RtmpListener(runtime::ShardPool& shards, stream::Registry& registry, RtmpSettings settings);
  ~RtmpListener();
  RtmpListener(const RtmpListener&) = delete;
  RtmpListener& operator=(const RtmpListener&) = delete;

  /// Binds, listens and accepts from now on. Errors: of the operating system, such as a port that is taken.
  ErrorCode start();

  /// The port listened on; 0 before `start`.
  std::uint16_t port() const;

  /// Accepts no more, tells those connected and closes them; those that are still there after `grace` are
  /// aborted. Their publications end as lost ones do. Thread: any shard's.
  boost::asio::awaitable<void> stop(Duration grace);

  void write_metrics(MetricsText& out) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace levee::ingest
