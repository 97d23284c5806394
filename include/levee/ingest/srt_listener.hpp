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

/// Takes publishers by SRT: MPEG-TS with H.264 and AAC, in libsrt's live mode.
///
/// Who may publish is decided while SRT shakes hands, so that a caller that may not is refused with a reason
/// (SRT_REJX_*) and never connected. A thread of its own reads all sockets and posts what it read, a batch at
/// a time, to the shard that a connection belongs to; there it is demultiplexed.
///
/// An SRT caller that ends and one that vanishes look the same from here, so both count as lost: the stream
/// waits for its return as long as the grace window is.
/// Limits: SrtSettings; when a shard takes no more, its publishers' sockets are not read until it does.
/// Lifetime: `shards` and `registry` outlive it; `stop` it before its destruction. One a process.
/// Thread: `start` and the destructor on one thread; `port` and `write_metrics` on any.
class SrtListener {
 public:
  SrtListener(runtime::ShardPool& shards, stream::Registry& registry, SrtSettings settings);
  ~SrtListener();
  SrtListener(const SrtListener&) = delete;
  SrtListener& operator=(const SrtListener&) = delete;

  /// Binds, listens and accepts from now on. Errors: of the operating system, such as a port that is taken.
  ErrorCode start();

  /// The UDP port listened on; 0 before `start`.
  std::uint16_t port() const;

  /// Closes every connection; publications end as lost ones do. Those that are still busy after `grace` are
  /// aborted. Thread: any shard's.
  boost::asio::awaitable<void> stop(Duration grace);

  void write_metrics(MetricsText& out) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace levee::ingest
