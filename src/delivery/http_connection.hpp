#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include <boost/intrusive/list.hpp>

#include "levee/delivery/request_reader.hpp"
#include "levee/delivery/response.hpp"
#include "levee/delivery/settings.hpp"
#include "levee/delivery/shelf.hpp"
#include "levee/delivery/upgrade.hpp"
#include "levee/runtime/shard_task.hpp"

#include "delivery/http_counters.hpp"
#include "delivery/response_writer.hpp"

namespace levee::delivery {

class HttpConnection;
using ConnectionHook =
    boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

/// What the connections of one listener on one shard share. Thread: its shard's.
struct HttpDesk {
  const Settings& settings;
  Responder& responder;
  Shelf& shelf;
  const UpgradeHandler& upgrade;  ///< empty: nobody takes WebSockets
  std::size_t shard = 0;
  HttpCounters counters{};
  WallTime wall{};     ///< good to the second
  std::string date{};  ///< "Date: ...\r\n" of `wall`
  bool stopping = false;
  boost::intrusive::list<HttpConnection, boost::intrusive::base_hook<ConnectionHook>,
                         boost::intrusive::constant_time_size<false>>
      connections{};

  void set_time(WallTime now);
  Moment moment() const { return {Clock::now(), wall}; }
};

/// One viewer's HTTP/1.1 connection, from accept to close.
///
/// Requests are answered in order; while one is answered nothing more is read, but while one is parked the
/// socket is watched, so that a viewer who leaves is noticed. There is no timer for a connection: the
/// listener looks at all of them once a second.
class HttpConnection : public ConnectionHook {
 public:
  HttpConnection(HttpDesk& desk, Socket socket);
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  runtime::ShardTask<void> run();

  /// Ends what has waited for too long.
  void check(TimePoint now);
  /// Closes the connection if it is between two requests, answers its request now if it is parked; otherwise
  /// it ends after the response that it is sending.
  void begin_stop();

 private:
  enum class Phase : std::uint8_t { idle, head, parked, writing, draining };

  runtime::ShardTask<bool> read();
  runtime::ShardTask<bool> respond(const Request& request);
  runtime::ShardTask<bool> wait_for(const Park& park);
  runtime::ShardTask<bool> send(const Response& response, bool with_body, bool keep_alive);
  runtime::ShardTask<void> refuse(ErrorCode why);
  runtime::ShardTask<void> drain();
  void hand_over(Request request);
  void enter(Phase phase);
  void wake();
  void close();

  HttpDesk& desk_;
  Socket socket_;
  RequestReader reader_;
  TimePoint since_;     ///< when the phase began, or last made progress
  TimePoint deadline_;  ///< of what is parked
  Phase phase_ = Phase::idle;
  bool woken_ = false;
};

}  // namespace levee::delivery
