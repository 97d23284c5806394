#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "levee/base/metrics.hpp"
#include "levee/runtime/shard.hpp"
#include "levee/stream/pipeline.hpp"
#include "levee/stream/publish.hpp"
#include "levee/stream/stream_view.hpp"

namespace levee::stream {

/// The limits and waits of streams, as the configuration sets them.
struct Settings {
  Duration grace = std::chrono::seconds{30};  ///< how long a stream waits for a publisher that was lost
  Duration takeover_after =
      std::chrono::seconds{1};  ///< a publisher silent for this long is half-dead: a new one takes over
  std::size_t max_streams = 100;
  hls::Settings hls;
};

/// Gives random numbers; new stream ids are made of them. Thread: any.
using Random = std::function<std::uint64_t()>;

/// The operating system's randomness.
std::uint64_t system_random();

/// What is live, and who may publish.
///
/// Thread: any; each stream lives on a home shard of its own.
/// Lifetime: outlives every Publication; everything given to it outlives it.
class Registry {
 public:
  Registry(runtime::ShardPool& shards, Settings settings, PublishPolicy& policy,
           PipelineFactory make_pipeline, Outlet& outlet, Random random = system_random);
  ~Registry();

  /// What can be said of a request at once, without taking the name: for SRT's listen callback.
  /// Errors: as `publish`.
  ErrorCode check(const PublishRequest& request);

  /// Takes the name. Errors: Errc::unknown_key, bad_name, name_taken, too_many_streams, stopping.
  /// The publication belongs to the thread of the calling coroutine's executor.
  boost::asio::awaitable<Result<std::unique_ptr<Publication>>> publish(PublishRequest request);

  /// Ends every stream (ENDLIST) and refuses new ones; returns when all that was held back is out.
  boost::asio::awaitable<void> stop();

  void write_metrics(MetricsText& out) const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace levee::stream
