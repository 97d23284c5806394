#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <boost/asio/buffer.hpp>
#include <boost/intrusive/list.hpp>

#include "levee/delivery/request_reader.hpp"
#include "levee/delivery/response.hpp"
#include "levee/delivery/settings.hpp"
#include "levee/delivery/shelf.hpp"
#include "levee/delivery/upgrade.hpp"
#include "levee/runtime/shard_task.hpp"

#include "delivery/http_counters.hpp"
#include "delivery/response_writer.hpp"
#include "delivery/send_order.hpp"
#include "delivery/shard_meter.hpp"

namespace levee::delivery {

/// One of the connections that a listener may have; gives it back by itself.
struct GiveBack {
  void operator()(std::atomic<std::size_t>* open) const { open->fetch_sub(1, std::memory_order_relaxed); }
};
using Place = std::unique_ptr<std::atomic<std::size_t>, GiveBack>;

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
  SendOrder send_order{};
  ShardMeter meter{};
  WallTime wall{};      ///< good to the second
  TimePoint wall_at{};  ///< when that was
  std::string date{};   ///< "Date: ...\r\n" of `wall`
  bool stopping = false;
  boost::intrusive::list<HttpConnection, boost::intrusive::base_hook<ConnectionHook>,
                         boost::intrusive::constant_time_size<false>>
      connections{};

  void set_time(WallTime now);
  Moment moment() const {
    const auto now = Clock::now();
    return {now, wall + std::chrono::duration_cast<WallTime::duration>(now - wall_at)};
  }
};

/// A connection that comes from the waiting room to be served.
struct Arrival {
  Socket socket;
  Place place;
  std::unique_ptr<Request> request;  ///< what it has asked for; null: what was received is no whole request
  std::string_view received;         ///< read from it and neither in `request` nor answered
  std::optional<admission::Ticket> ticket;  ///< what it was told last
  bool tight = false;                       ///< it has one of the last descriptors, see RequestView
  bool let_in = false;                      ///< the sender of `request` is a newcomer let in just now
};

/// One viewer's HTTP/1.1 connection, from its first request that is not answered in the waiting room to its
/// close.
///
/// Requests are answered in order; while one is answered nothing more is read, but while one is parked the
/// socket is watched, so that a viewer who leaves is noticed. What the kernel takes is written on the spot;
/// Asio is asked only when it takes no more. Who waits, for a request or for a part, holds no buffer but a
/// place for the first bytes of a request: to be told first that there are some would cost an `epoll_ctl`
/// each time. There is no timer for a connection: the listener looks at all of them once a second. One that
/// is sending must make progress, as the client's kernel acknowledges it, see Settings::write_timeout.
class HttpConnection : public ConnectionHook {
 public:
  HttpConnection(HttpDesk& desk, Arrival&& arrival);
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  /// Runs it to its end. It is asked to end by `begin_stop`: spawn it unasked. Memory: on the heap and not in
  /// the frame of the coroutine, which would hold it and what it was made of.
  static runtime::ShardTask<void> serve(std::unique_ptr<HttpConnection> connection);

  /// Ends what has waited for too long.
  void check(TimePoint now);
  /// Closes the connection if it is between two requests, answers its request now if it is parked; otherwise
  /// it ends after the response that it is sending.
  void begin_stop();

 private:
  /// `queued`: others send first.
  enum class Phase : std::uint8_t { idle, head, parked, queued, writing, draining };

  /// Settles down to wait for the client; false when there is no more to wait for.
  bool rest();
  /// Where the next bytes go; what has come there must be told to `received`, before anything else is read.
  boost::asio::mutable_buffer inlet();
  void received(std::size_t size);
  Result<std::optional<Request>> next_request();
  /// Answers what has arrived. Returns whether the connection goes on, as all that follow do.
  runtime::ShardTask<bool> converse();
  runtime::ShardTask<bool> respond(const Request& request);
  runtime::ShardTask<bool> wait_for(const Park& park);
  /// Nothing: the client left.
  runtime::ShardTask<std::optional<Response>> wait_for(Later later);
  /// Waits until `wake`; false: the client left before.
  runtime::ShardTask<bool> wait_for_wake();
  runtime::ShardTask<bool> send(const Response& response, bool with_body, bool keep_alive);
  void measure(const Response& response, TimePoint asked);
  bool makes_progress(TimePoint now);
  void close_slow(TimePoint now);
  runtime::ShardTask<bool> upgrade(Request request);
  runtime::ShardTask<void> refuse(ErrorCode why);
  runtime::ShardTask<void> drain();
  void hand_over(Request request);
  void enter(Phase phase);
  void wake();
  void close();

  HttpDesk& desk_;
  Place place_;
  Socket socket_;
  RequestReader reader_;
  std::array<char, 256> first_bytes_;  ///< of a request: what most players ask fits in
  std::unique_ptr<Request> heard_;     ///< in the waiting room, and to be answered first
  TimePoint connected_;
  TimePoint since_;     ///< when the phase began, or last made progress
  TimePoint deadline_;  ///< of what is parked
  std::optional<admission::Ticket> ticket_;
  TimePoint first_stop_;  ///< when the kernel first took less than all of this response; zero: it did not
  std::uint64_t written_ = 0;  ///< bytes that the kernel took, of all responses
  /// When progress was last enough, and how many bytes the peer had acknowledged then. Before `since_`: this
  /// response was not looked at yet.
  TimePoint looked_;
  std::uint64_t acknowledged_ = 0;
  std::uint32_t rate_floor_ = 0;
  Phase phase_ = Phase::idle;
  std::uint8_t weak_ = 0;  ///< responses in a row that waited for the client
  bool woken_ = false;
  bool tight_;
  bool let_in_;        ///< the next request's sender
  bool first_ = true;  ///< nothing was asked on it yet
};

}  // namespace levee::delivery
