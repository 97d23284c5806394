#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "levee/base/clock.hpp"
#include "levee/base/result.hpp"
#include "levee/ingest/ingest_counters.hpp"
#include "levee/ingest/settings.hpp"
#include "levee/media/mpegts.hpp"
#include "levee/stream/registry.hpp"

#include "ingest/srt_link.hpp"

namespace levee::ingest {

/// One SRT publisher on its shard, from accept to close: bytes of its link to packets of a publication.
///
/// Thread: its shard's. Lifetime: what it refers to outlives it, and it outlives `serve`.
class SrtConnection {
 public:
  SrtConnection(std::shared_ptr<SrtLink> link, stream::Registry& registry, const SrtSettings& settings,
                IngestCounters& counters);
  SrtConnection(const SrtConnection&) = delete;
  SrtConnection& operator=(const SrtConnection&) = delete;

  /// Serves the publisher to the end and logs why it ended; then the link is unwanted. The coroutine's
  /// cancellation must come as an error, not as an exception.
  boost::asio::awaitable<void> serve();

 private:
  boost::asio::awaitable<ErrorCode> exchange();
  boost::asio::awaitable<ErrorCode> publish();
  ErrorCode take_input();
  ErrorCode drain();
  void deliver(media::TsDemuxer::Event event);
  void log_end(const ErrorCode& reason) const;

  std::shared_ptr<SrtLink> link_;
  stream::Registry& registry_;
  const SrtSettings& settings_;
  IngestCounters& counters_;
  TimePoint opened_;
  ErrorCode revoked_;
  media::TsDemuxer demuxer_;
  std::unique_ptr<stream::Publication> publication_;
  std::string stream_name_;
  bool rejected_ = false;
  std::uint64_t bytes_ = 0;
};

}  // namespace levee::ingest
