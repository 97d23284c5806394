#include "delivery/http_connection.hpp"

#include <algorithm>
#include <ctime>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <spdlog/fmt/chrono.h>
#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>

#include "levee/delivery/target.hpp"

#include "delivery/heads.hpp"
#include "delivery/kernel_socket.hpp"

namespace levee::delivery {
namespace {

namespace asio = boost::asio;
using runtime::ShardTask;
using runtime::use_shard_result;

/// For what most connections wait for most of the time: unlike `use_shard_result` without a coroutine frame
/// of its own.
constexpr auto kInPlace = asio::as_tuple(asio::deferred);
constexpr Duration kDrainTime = std::chrono::seconds{2};
constexpr std::size_t kDrainBytes = std::size_t{64} << 10U;
/// A client for which this many responses in a row had to wait for so long is on a weak link: that its media
/// comes late is not the server's doing.
constexpr Duration kWeakWait = std::chrono::milliseconds{150};
constexpr std::uint8_t kWeakAfter = 3;

/// Bytes of a response that the kernel did not take at once, as the shard's meter counts them.
class Backlog {
 public:
  explicit Backlog(ShardMeter& meter) : meter_{meter} {}
  ~Backlog() { set(0); }
  Backlog(const Backlog&) = delete;
  Backlog& operator=(const Backlog&) = delete;

  void set(std::uint64_t bytes) {
    meter_.queued(static_cast<std::int64_t>(bytes) - static_cast<std::int64_t>(bytes_));
    bytes_ = bytes;
  }

 private:
  ShardMeter& meter_;
  std::uint64_t bytes_ = 0;
};

std::string peer_of(const Socket& socket) {
  ErrorCode error;
  const auto endpoint = socket.remote_endpoint(error);
  if (error) return "gone";
  return fmt::format("{}:{}", endpoint.address().to_string(), endpoint.port());
}

const char* explain(Errc code) {
  switch (code) {
    case Errc::head_too_large:
      return "the request's head is too long\n";
    case Errc::malformed_head:
      return "this is not an HTTP/1.1 request\n";
    case Errc::bare_line_feed:
      return "lines end in CR LF\n";
    case Errc::missing_host:
      return "exactly one Host field is needed\n";
    case Errc::unsupported_version:
      return "HTTP/1.1 is spoken here\n";
    case Errc::body_refused:
      return "no request here has a body\n";
  }
  return "bad request\n";
}

}  // namespace

void HttpDesk::set_time(WallTime now) {
  wall = now;
  wall_at = Clock::now();
  const std::time_t seconds = WallTime::clock::to_time_t(now);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  date = fmt::format("Date: {:%a, %d %b %Y %H:%M:%S} GMT\r\n", parts);
}

HttpConnection::HttpConnection(HttpDesk& desk, Arrival&& arrival)
    : desk_{desk},
      place_{std::move(arrival.place)},
      socket_{std::move(arrival.socket)},
      reader_{desk.settings.head_limit_bytes},
      heard_{std::move(arrival.request)},
      connected_{Clock::now()},
      since_{connected_},
      ticket_{arrival.ticket},
      tight_{arrival.tight},
      let_in_{arrival.let_in} {
  reader_.take(arrival.received);
  desk_.connections.push_back(*this);
}

void HttpConnection::enter(Phase phase) {
  phase_ = phase;
  since_ = Clock::now();
}

ShardTask<void> HttpConnection::serve(std::unique_ptr<HttpConnection> connection) {
  for (;;) {
    const bool goes_on = co_await connection->converse();
    if (!goes_on || !connection->rest()) co_return;
    const auto [error, size] = co_await connection->socket_.async_read_some(connection->inlet(), kInPlace);
    if (error) co_return;
    connection->received(size);
  }
}

bool HttpConnection::rest() {
  if (reader_.in_request()) {
    if (phase_ != Phase::head) enter(Phase::head);
    return true;
  }
  if (desk_.stopping) return false;
  reader_.release();
  enter(Phase::idle);
  return true;
}

asio::mutable_buffer HttpConnection::inlet() {
  if (!reader_.in_request()) return asio::buffer(first_bytes_);
  const auto space = reader_.space();
  return {space.data(), space.size()};
}

void HttpConnection::received(std::size_t size) {
  if (reader_.in_request()) {
    reader_.commit(size);
  } else {
    reader_.take({first_bytes_.data(), size});
  }
}

Result<std::optional<Request>> HttpConnection::next_request() {
  if (!heard_) return reader_.next();
  const auto heard = std::move(heard_);
  return std::optional<Request>{std::move(*heard)};
}

ShardTask<bool> HttpConnection::converse() {
  for (;;) {
    auto request = next_request();
    if (!request) {
      co_await refuse(request.error());
      co_return false;
    }
    if (!*request) co_return true;
    if ((*request)->posts_records && desk_.upgrade) {
      hand_over(std::move(**request));
      co_return false;
    }
    bool goes_on = false;
    if ((*request)->websocket && desk_.upgrade &&
        parse_target((*request)->target).kind == Target::Kind::realtime) {
      goes_on = co_await upgrade(std::move(**request));
    } else {
      goes_on = co_await respond(**request);
    }
    if (!goes_on) co_return false;
    if (!reader_.in_request()) co_return true;
    // Who sends many requests at once gets one answer a turn, like everyone else.
    co_await asio::post(socket_.get_executor(), kInPlace);
  }
}

ShardTask<bool> HttpConnection::respond(const Request& request) {
  deadline_ = {};
  RequestView view = request.view();
  view.first_of_connection = std::exchange(first_, false);
  view.tight = tight_;
  view.ticket = &ticket_;
  view.let_in = std::exchange(let_in_, false);
  const Moment asked = desk_.moment();
  Answer answer = desk_.responder.answer(view, asked, Patience::may_park);
  view.first_of_connection = false;
  while (const auto* park = std::get_if<Park>(&answer)) {
    if (deadline_ == TimePoint{}) deadline_ = Clock::now() + park->limit;
    const bool stays = co_await wait_for(*park);
    if (!stays) {
      desk_.counters.left_parked.add();
      co_return false;
    }
    const bool out_of_time = Clock::now() >= deadline_;
    const auto patience = out_of_time || desk_.stopping ? Patience::none : Patience::may_park;
    answer = desk_.responder.answer(view, desk_.moment(), patience);
    if (out_of_time && std::get<Response>(answer).head->status == 503) desk_.counters.park_timeouts.add();
  }
  if (auto* later = std::get_if<Later>(&answer)) {
    auto made = co_await wait_for(std::move(*later));
    if (!made) co_return false;
    answer = std::move(*made);
  }
  const Response& response = std::get<Response>(answer);
  desk_.counters.count(response);
  const bool keep_alive = request.keep_alive && !desk_.stopping && !response.close;
  const bool sent = co_await send(response, request.method != Method::head, keep_alive);
  if (!sent) co_return false;
  if (response.ready) measure(response, asked.now);
  if (!keep_alive) co_await drain();
  co_return keep_alive;
}

ShardTask<bool> HttpConnection::send(const Response& response, bool with_body, bool keep_alive) {
  ResponseWriter writer{response, desk_.date, with_body, keep_alive};
  Backlog backlog{desk_.meter};
  std::uint64_t left = writer.size();
  rate_floor_ = response.rate_floor;
  enter(Phase::writing);
  first_stop_ = {};
  const bool in_order = with_body && (response.kind == RequestKind::segment || response.newcomers);
  while (!writer.done()) {
    if (in_order && !desk_.send_order.may_write(socket_.get_executor(), Clock::now())) {
      backlog.set(left);
      enter(Phase::queued);
      co_await desk_.send_order.turn(socket_.get_executor(), connected_, left);
      enter(Phase::writing);
    }
    const auto buffers = writer.buffers();
    ErrorCode error;
    const auto size = socket_.write_some(buffers, error);
    if (error && error != asio::error::would_block) co_return false;
    desk_.counters.bytes_sent.add(size);
    written_ += size;
    left -= size;
    writer.consume(size);
    if (size == asio::buffer_size(buffers)) continue;
    backlog.set(left);
    if (first_stop_ == TimePoint{}) first_stop_ = Clock::now();
    const auto [failed] = co_await socket_.async_wait(Socket::wait_write, kInPlace);
    if (failed) co_return false;
  }
  co_return true;
}

/// How late the last byte of `response` is in the kernel's hands.
void HttpConnection::measure(const Response& response, TimePoint asked) {
  const auto now = Clock::now();
  const bool waited = first_stop_ != TimePoint{} && now - first_stop_ > kWeakWait;
  if (!waited) weak_ = 0;
  desk_.meter.delivered(now - std::max(asked, *response.ready), weak_ >= kWeakAfter);
  if (waited && weak_ < kWeakAfter) ++weak_;
}

ShardTask<bool> HttpConnection::upgrade(Request request) {
  RequestView view = request.view();
  view.tight = tight_;
  const auto refusal = desk_.responder.refuse_upgrade(view, desk_.moment());
  if (!refusal) {
    hand_over(std::move(request));
    co_return false;
  }
  desk_.counters.count(*refusal);
  const bool keep_alive = !refusal->close && !desk_.stopping;
  const bool sent = co_await send(*refusal, true, keep_alive);
  if (sent && !keep_alive) co_await drain();
  const bool goes_on = sent && keep_alive;
  co_return goes_on;
}

ShardTask<void> HttpConnection::refuse(ErrorCode why) {
  const auto code = static_cast<Errc>(why.value());
  const Response response = plain(status_of(code), explain(code));
  desk_.counters.count(response);
  const bool sent = co_await send(response, true, false);
  if (sent) co_await drain();
}

ShardTask<void> HttpConnection::drain() {
  // To close with bytes unread would reset the connection, and the client might lose the response.
  enter(Phase::draining);
  ErrorCode ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  std::array<char, 512> sink;
  std::size_t drained = 0;
  while (drained < kDrainBytes) {
    const auto [error, size] = co_await socket_.async_read_some(asio::buffer(sink), use_shard_result);
    if (error) co_return;
    drained += size;
  }
}

void HttpConnection::hand_over(Request request) {
  UpgradeRequest upgrade;
  upgrade.target = std::move(request.target);
  upgrade.host = std::move(request.host);
  upgrade.origin = std::move(request.origin);
  upgrade.key = std::move(request.websocket_key);
  upgrade.version = std::move(request.websocket_version);
  upgrade.protocols = std::move(request.websocket_protocols);
  upgrade.peer = peer_of(socket_);
  upgrade.posts_records = request.posts_records;
  upgrade.body_bytes = request.body_bytes;
  upgrade.authorization = std::move(request.authorization);
  upgrade.head_size = reader_.last_head().size();
  upgrade.received = std::string{reader_.last_head()} + std::string{reader_.rest()};
  desk_.counters.upgraded.add();
  desk_.upgrade(desk_.shard, std::move(socket_), std::move(upgrade));
}

void HttpConnection::close() {
  ErrorCode ignored;
  socket_.close(ignored);
}

void HttpConnection::check(TimePoint now) {
  const Duration waited = now - since_;
  switch (phase_) {
    case Phase::idle:
      if (waited < desk_.settings.idle_timeout) return;
      desk_.counters.idle_timeouts.add();
      close();
      return;
    case Phase::head:
      if (waited < desk_.settings.head_timeout) return;
      desk_.counters.head_timeouts.add();
      close();
      return;
    case Phase::parked:
      if (now >= deadline_) wake();
      return;
    case Phase::queued:
      return;
    case Phase::writing:
      if (!makes_progress(now)) close_slow(now);
      return;
    case Phase::draining:
      if (waited >= kDrainTime) close();
      return;
  }
}

/// Compares what the peer has acknowledged with what it had, once in each write timeout. Not by what the
/// kernel takes: that comes in large steps, and goes on for a while when the peer is dead.
bool HttpConnection::makes_progress(TimePoint now) {
  const auto outstanding = unacknowledged_bytes(socket_.native_handle());
  const std::uint64_t acknowledged = written_ - std::min(outstanding, written_);
  if (looked_ < since_) {
    looked_ = std::min(since_ + std::chrono::seconds{1}, now);
    acknowledged_ = acknowledged;
    return true;
  }
  const std::chrono::duration<double> period = now - looked_;
  if (period < desk_.settings.write_timeout) return true;
  const auto least = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(period.count() * rate_floor_));
  if (acknowledged - acknowledged_ < least) return false;
  looked_ = now;
  acknowledged_ = acknowledged;
  return true;
}

void HttpConnection::close_slow(TimePoint now) {
  desk_.counters.slow_closed.add();
  spdlog::info("viewer={} closed: took its response too slowly seconds={}", peer_of(socket_),
               std::chrono::duration_cast<std::chrono::seconds>(now - since_).count());
  // Reset: the kernel would go on holding megabytes for a client that takes none.
  ErrorCode ignored;
  socket_.set_option(asio::socket_base::linger{true, 0}, ignored);
  close();
}

void HttpConnection::begin_stop() {
  if (phase_ == Phase::idle || phase_ == Phase::head) close();
  if (phase_ == Phase::parked) wake();
}

}  // namespace levee::delivery
