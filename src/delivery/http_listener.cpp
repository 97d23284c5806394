#include "delivery/http_listener.hpp"

#include <chrono>
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/asio/write.hpp>
#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>

#include "delivery/heads.hpp"

namespace levee::delivery {
namespace {

namespace asio = boost::asio;
using runtime::ShardTask;
using runtime::use_shard_result;
using tcp = asio::ip::tcp;

/// Connections taken in one go, so that a flood of newcomers does not keep those being served waiting.
constexpr int kAcceptBatch = 16;
constexpr int kBacklog = 4096;
constexpr Duration kAcceptPause = std::chrono::milliseconds{100};

using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

template <class Acceptor>
void listen_on(Acceptor& acceptor, const std::string& address, std::uint16_t port, bool own) {
  try {
    const tcp::endpoint endpoint{asio::ip::make_address(address), port};
    acceptor.open(endpoint.protocol());
    acceptor.set_option(asio::socket_base::reuse_address{true});
    if (!own) acceptor.set_option(ReusePort{true});
    acceptor.bind(endpoint);
    acceptor.listen(kBacklog);
  } catch (const boost::system::system_error& error) {
    throw boost::system::system_error{error.code(), fmt::format("http: listen on {}:{}", address, port)};
  }
}

}  // namespace

HttpListener::HttpListener(asio::io_context& shard, HttpDesk& desk,
                           std::atomic<std::size_t>& open_connections,
                           std::function<void(TimePoint now)> on_second)
    : shard_{shard},
      desk_{desk},
      open_connections_{open_connections},
      on_second_{std::move(on_second)},
      acceptor_{shard},
      second_{shard},
      connections_{shard},
      chores_{shard} {}

std::uint16_t HttpListener::open(const std::string& address, std::uint16_t port, bool own) {
  listen_on(acceptor_, address, port, own);
  acceptor_.non_blocking(true);
  return acceptor_.local_endpoint().port();
}

void HttpListener::require_free(const std::string& address, std::uint16_t port) {
  asio::io_context context;
  tcp::acceptor probe{context};
  listen_on(probe, address, port, true);
}

void HttpListener::start() {
  desk_.set_time(WallTime::clock::now());
  chores_.spawn("http accept", accept());
  chores_.spawn("http look after", look_after());
}

ShardTask<void> HttpListener::accept() {
  while (acceptor_.is_open()) {
    Socket socket{shard_};
    const auto [error] = co_await acceptor_.async_accept(socket, use_shard_result);
    if (!acceptor_.is_open()) co_return;
    if (error) {
      // Out of descriptors or memory: the connection stays in the backlog, and to ask at once would spin.
      desk_.counters.accept_errors.add();
      Timer pause{shard_, kAcceptPause};
      co_await pause.async_wait(use_shard_result);
      continue;
    }
    admit(std::move(socket));
    for (int i = 1; i < kAcceptBatch; ++i) {
      Socket next{shard_};
      ErrorCode none;
      acceptor_.accept(next, none);
      if (none) break;
      admit(std::move(next));
    }
  }
}

void HttpListener::admit(Socket socket) {
  if (open_connections_.load(std::memory_order_relaxed) >= desk_.settings.max_connections) {
    turn_away(std::move(socket));
    return;
  }
  ErrorCode ignored;
  socket.set_option(tcp::no_delay{true}, ignored);
  socket.non_blocking(true, ignored);
  desk_.counters.accepted.add();
  connections_.spawn("http connection", serve(std::move(socket)));
}

void HttpListener::turn_away(Socket socket) {
  static const Response kFull = plain(503, "this server has all the connections it can take\n");
  desk_.counters.refused.add();
  desk_.counters.count(kFull);
  ErrorCode ignored;
  socket.non_blocking(true, ignored);
  ResponseWriter writer{kFull, desk_.date, true, false};
  socket.write_some(writer.buffers(), ignored);
  socket.shutdown(Socket::shutdown_send, ignored);
}

ShardTask<void> HttpListener::serve(Socket socket) {
  struct Place {
    explicit Place(std::atomic<std::size_t>& count) : count_{count} { ++count_; }
    ~Place() { --count_; }
    std::atomic<std::size_t>& count_;
  };
  // A response in flight is finished: `HttpConnection::begin_stop` asks more gently.
  co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
  const Place place{open_connections_};
  HttpConnection connection{desk_, std::move(socket)};
  co_await connection.run();
}

ShardTask<void> HttpListener::look_after() {
  auto next = Clock::now();
  while (!desk_.stopping) {
    const auto now = Clock::now();
    desk_.set_time(WallTime::clock::now());
    for (auto& connection : desk_.connections) connection.check(now);
    if (on_second_) on_second_(now);
    next = std::max(next + std::chrono::seconds{1}, now);
    second_.expires_at(next);
    co_await second_.async_wait(use_shard_result);
  }
}

void HttpListener::begin_stop() {
  desk_.stopping = true;
  ErrorCode ignored;
  acceptor_.close(ignored);
  second_.cancel();
  for (auto& connection : desk_.connections) connection.begin_stop();
}

asio::awaitable<void> HttpListener::stop(TimePoint deadline) {
  begin_stop();
  const auto grace = std::max(deadline - Clock::now(), Duration::zero());
  co_await connections_.stop(grace);
  co_await chores_.stop(Duration::zero());
}

}  // namespace levee::delivery
