#include "delivery/http_connection.hpp"

#include <ctime>
#include <utility>

#include <boost/asio/error.hpp>
#include <spdlog/fmt/chrono.h>
#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>

#include "levee/delivery/target.hpp"

#include "delivery/heads.hpp"

namespace levee::delivery {
namespace {

namespace asio = boost::asio;
using runtime::ShardTask;
using runtime::use_shard_result;

constexpr Duration kDrainTime = std::chrono::seconds{2};
constexpr std::size_t kDrainBytes = std::size_t{64} << 10U;

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
  const std::time_t seconds = WallTime::clock::to_time_t(now);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  date = fmt::format("Date: {:%a, %d %b %Y %H:%M:%S} GMT\r\n", parts);
}

HttpConnection::HttpConnection(HttpDesk& desk, Socket socket)
    : desk_{desk}, socket_{std::move(socket)}, reader_{desk.settings.head_limit_bytes}, since_{Clock::now()} {
  desk_.connections.push_back(*this);
}

void HttpConnection::enter(Phase phase) {
  phase_ = phase;
  since_ = Clock::now();
}

ShardTask<void> HttpConnection::run() {
  for (;;) {
    auto request = reader_.next();
    if (!request) {
      co_await refuse(request.error());
      co_return;
    }
    if (*request && (*request)->websocket && desk_.upgrade &&
        parse_target((*request)->target).kind == Target::Kind::realtime) {
      hand_over(std::move(**request));
      co_return;
    }
    bool goes_on = false;
    if (*request) {
      goes_on = co_await respond(**request);
    } else {
      goes_on = co_await read();
    }
    if (!goes_on) co_return;
  }
}

ShardTask<bool> HttpConnection::read() {
  if (!reader_.in_request()) {
    if (desk_.stopping) co_return false;
    enter(Phase::idle);
  } else if (phase_ != Phase::head) {
    enter(Phase::head);
  }
  const auto space = reader_.space();
  const asio::mutable_buffer buffer{space.data(), space.size()};
  const auto [error, size] = co_await socket_.async_read_some(buffer, use_shard_result);
  if (error) co_return false;
  reader_.commit(size);
  co_return true;
}

ShardTask<bool> HttpConnection::respond(const Request& request) {
  deadline_ = {};
  Answer answer = desk_.responder.answer(request.view(), desk_.moment(), Patience::may_park);
  while (const auto* park = std::get_if<Park>(&answer)) {
    if (deadline_ == TimePoint{}) deadline_ = Clock::now() + park->limit;
    const bool stays = co_await wait_for(*park);
    if (!stays) {
      desk_.counters.left_parked.add();
      co_return false;
    }
    const bool out_of_time = Clock::now() >= deadline_;
    const auto patience = out_of_time || desk_.stopping ? Patience::none : Patience::may_park;
    answer = desk_.responder.answer(request.view(), desk_.moment(), patience);
    if (out_of_time && std::get<Response>(answer).head->status == 503) desk_.counters.park_timeouts.add();
  }
  const Response& response = std::get<Response>(answer);
  desk_.counters.count(response);
  const bool keep_alive = request.keep_alive && !desk_.stopping;
  const bool sent = co_await send(response, request.method != Method::head, keep_alive);
  if (!sent) co_return false;
  if (!keep_alive) co_await drain();
  co_return keep_alive;
}

ShardTask<bool> HttpConnection::wait_for(const Park& park) {
  woken_ = false;
  const Shelf::Waiter waiter{desk_.shelf, park, [this] { wake(); }};
  enter(Phase::parked);
  desk_.counters.parks.add();
  desk_.counters.parked.add(1);
  bool left = false;
  while (!woken_ && !left) {
    const auto space = reader_.space();
    ErrorCode error;
    if (space.empty()) {
      // Pipelined requests fill the buffer: only a broken connection can be noticed now.
      const auto [failed] = co_await socket_.async_wait(Socket::wait_error, use_shard_result);
      error = failed ? failed : ErrorCode{asio::error::connection_reset};
    } else {
      const asio::mutable_buffer buffer{space.data(), space.size()};
      const auto [failed, size] = co_await socket_.async_read_some(buffer, use_shard_result);
      reader_.commit(size);
      error = failed;
    }
    left = error && !woken_;
  }
  desk_.counters.parked.add(-1);
  co_return !left;
}

void HttpConnection::wake() {
  woken_ = true;
  ErrorCode ignored;
  socket_.cancel(ignored);
}

ShardTask<bool> HttpConnection::send(const Response& response, bool with_body, bool keep_alive) {
  ResponseWriter writer{response, desk_.date, with_body, keep_alive};
  enter(Phase::writing);
  while (!writer.done()) {
    const auto buffers = writer.buffers();
    const auto [error, size] = co_await socket_.async_write_some(buffers, use_shard_result);
    desk_.counters.bytes_sent.add(size);
    if (error) co_return false;
    writer.consume(size);
    if (!writer.done()) since_ = Clock::now();
  }
  co_return true;
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
    case Phase::writing: {
      if (waited < desk_.settings.write_timeout) return;
      desk_.counters.slow_closed.add();
      spdlog::info("viewer={} closed: took no byte for {} s", peer_of(socket_),
                   std::chrono::duration_cast<std::chrono::seconds>(waited).count());
      // Reset: the kernel would go on holding megabytes for a client that takes none.
      ErrorCode ignored;
      socket_.set_option(asio::socket_base::linger{true, 0}, ignored);
      close();
      return;
    }
    case Phase::draining:
      if (waited >= kDrainTime) close();
      return;
  }
}

void HttpConnection::begin_stop() {
  if (phase_ == Phase::idle || phase_ == Phase::head) close();
  if (phase_ == Phase::parked) wake();
}

}  // namespace levee::delivery
