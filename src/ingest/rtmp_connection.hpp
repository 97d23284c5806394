#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "levee/base/clock.hpp"
#include "levee/base/result.hpp"
#include "levee/ingest/error.hpp"
#include "levee/ingest/ingest_counters.hpp"
#include "levee/ingest/settings.hpp"
#include "levee/rtmp/publish_session.hpp"
#include "levee/stream/registry.hpp"

namespace levee::ingest {

/// What the streamer is told when the registry says no, or takes the stream away.
std::string rejection_text(const ErrorCode& reason);

/// One RTMP publisher, from accept to close.
///
/// Thread: its shard's. Lifetime: what it refers to outlives it, and it outlives `serve`.
class RtmpConnection {
 public:
  /// `waiting` is let go as soon as the connection publishes.
  RtmpConnection(boost::asio::ip::tcp::socket socket, stream::Registry& registry,
                 const RtmpSettings& settings, IngestCounters& counters, std::shared_ptr<void> waiting);
  RtmpConnection(const RtmpConnection&) = delete;
  RtmpConnection& operator=(const RtmpConnection&) = delete;

  /// Serves the publisher to the end, tells it why, logs why. The coroutine's cancellation must come as an
  /// error, not as an exception.
  boost::asio::awaitable<void> serve();

  /// Ends the connection when it is overdue. Called every now and then, so that no read needs a timer.
  void check(TimePoint now);

 private:
  struct Deadline {
    TimePoint at;
    Errc reason;
  };

  boost::asio::awaitable<ErrorCode> exchange();
  boost::asio::awaitable<ErrorCode> handle_events();
  boost::asio::awaitable<ErrorCode> publish(rtmp::PublishRequested request);
  boost::asio::awaitable<ErrorCode> write_output();
  boost::asio::awaitable<void> say_goodbye(ErrorCode reason);
  void deliver(rtmp::PublishSession::Event event);
  void interrupt(ErrorCode reason);
  ErrorCode failure(const ErrorCode& error) const;
  void log_end(const ErrorCode& reason) const;

  boost::asio::ip::tcp::socket socket_;
  stream::Registry& registry_;
  const RtmpSettings& settings_;
  IngestCounters& counters_;
  std::shared_ptr<void> waiting_;
  std::string peer_;
  TimePoint opened_;
  Deadline deadline_;
  ErrorCode interrupted_;
  rtmp::PublishSession session_;
  std::unique_ptr<stream::Publication> publication_;
  std::string stream_name_;  ///< once it publishes
  bool asked_ = false;       ///< to publish
  bool rejected_ = false;
  std::uint64_t bytes_ = 0;
};

}  // namespace levee::ingest
