#include "delivery/http_listener.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include "levee/runtime/yield_core.hpp"

#include "delivery/heads.hpp"
#include "delivery/kernel_socket.hpp"

namespace levee::delivery {
namespace {

namespace asio = boost::asio;
using runtime::ShardTask;
using runtime::use_shard_result;
using tcp = asio::ip::tcp;

/// Connections that are told so, in one go, when there is nothing left to open them with.
constexpr int kShedBatch = 16;
constexpr Duration kAcceptPause = std::chrono::milliseconds{20};
/// So much later than twice the write timeout the kernel gives a peer up: who only reads nothing is found
/// before.
constexpr Duration kDeadPeerSlack = std::chrono::seconds{3};
constexpr Duration kBeat = std::chrono::milliseconds{50};

using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

template <class Acceptor>
void listen_on(Acceptor& acceptor, const std::string& address, std::uint16_t port, bool own, int backlog) {
  try {
    const tcp::endpoint endpoint{asio::ip::make_address(address), port};
    acceptor.open(endpoint.protocol());
    acceptor.set_option(asio::socket_base::reuse_address{true});
    if (!own) acceptor.set_option(ReusePort{true});
    acceptor.bind(endpoint);
    acceptor.listen(backlog);
  } catch (const boost::system::system_error& error) {
    throw boost::system::system_error{error.code(), fmt::format("http: listen on {}:{}", address, port)};
  }
}

}  // namespace

HttpListener::HttpListener(asio::io_context& shard, HttpDesk& desk,
                           std::atomic<std::size_t>& open_connections, FileBudget files,
                           ListenerChores chores)
    : shard_{shard},
      desk_{desk},
      open_connections_{open_connections},
      files_{files},
      on_{std::move(chores)},
      acceptor_{shard},
      room_{shard, desk, [this](Guest& guest, Heard heard) { take_over(guest, std::move(heard)); }},
      second_{shard},
      beat_{shard},
      connections_{shard},
      chores_{shard} {}

std::uint16_t HttpListener::open(const std::string& address, std::uint16_t port, bool own) {
  const Settings& settings = desk_.settings;
  listen_on(acceptor_, address, port, own, settings.backlog);
  acceptor_.non_blocking(true);
  acceptor_.set_option(
      tcp::no_delay{true});  // which the kernel hands to all its connections, as what follows
  const int socket = acceptor_.native_handle();
  end_dead_peers(socket, 2 * settings.write_timeout + kDeadPeerSlack);
  if (!own && !settings.congestion_control.empty()) {
    if (const auto error = set_congestion_control(socket, settings.congestion_control))
      throw boost::system::system_error{
          error, fmt::format("http.congestion_control: \"{}\"", settings.congestion_control)};
  }
  const auto endpoint = acceptor_.local_endpoint();
  protocol_ = endpoint.protocol();
  return endpoint.port();
}

std::string HttpListener::congestion_control_in_force() {
  return congestion_control(acceptor_.native_handle());
}

void HttpListener::require_free(const std::string& address, std::uint16_t port) {
  asio::io_context context;
  tcp::acceptor probe{context};
  listen_on(probe, address, port, true, 1);
}

void HttpListener::start() {
  desk_.set_time(WallTime::clock::now());
  chores_.spawn("http accept", accept());
  chores_.spawn("http waiting room", room_.attend());
  chores_.spawn("http look after", look_after());
  if (on_.on_beat) chores_.spawn("http beat", beat());
}

ShardTask<void> HttpListener::accept() {
  while (acceptor_.is_open()) {
    const Queue queue = accept_some();
    if (queue == Queue::more) {
      runtime::yield_core();
      co_await asio::post(acceptor_.get_executor(), use_shard_result);
    } else if (queue == Queue::empty) {
      co_await acceptor_.async_wait(Acceptor::wait_read, use_shard_result);
    } else {
      shed_batch();
      // Out of descriptors or memory: to ask at once would spin.
      Timer pause{shard_, kAcceptPause};
      co_await pause.async_wait(use_shard_result);
    }
  }
}

HttpListener::Queue HttpListener::accept_some() {
  const auto until = Clock::now() + door_slice(desk_.shelf);
  do {
    Descriptor socket{accept_connection(acceptor_.native_handle())};
    if (socket) {
      admit(std::move(socket));
    } else if (errno == EAGAIN) {
      queue_age_.found_empty(Clock::now());
      return Queue::empty;
    } else if (errno != ECONNABORTED && errno != EPROTO && errno != EINTR) {  // more than one gone too early
      desk_.counters.accept_errors.add();
      return Queue::stuck;
    }
  } while (Clock::now() < until);
  return Queue::more;
}

/// Nothing can be opened any more: with the spare descriptor some are told so, one after the other.
void HttpListener::shed_batch() {
  for (int i = 0; i < kShedBatch; ++i) {
    spare_.give_up();
    Descriptor socket{accept_connection(acceptor_.native_handle())};
    const bool none = !socket;
    if (!none) {
      queue_age_.accepted();
      turn_away(std::move(socket));
    }
    spare_.take_back();
    if (none) return;
  }
}

void HttpListener::admit(Descriptor socket) {
  queue_age_.accepted();
  const auto number = static_cast<std::size_t>(socket.number());
  const bool full = number >= files_.viewers ||
                    open_connections_.load(std::memory_order_relaxed) >= desk_.settings.max_connections;
  const bool short_of_files = full || number >= files_.newcomers;
  // Who was told when to come does without its connection until then.
  const bool made_room = short_of_files && room_.give_up_one();
  if (full && !made_room) {
    turn_away(std::move(socket));
    return;
  }
  desk_.counters.accepted.add();
  ++open_connections_;
  room_.enter(std::move(socket), Place{&open_connections_}, short_of_files && !made_room);
}

void HttpListener::turn_away(Descriptor socket) {
  static const Response kFull = plain(503, "this server has all the connections it can take\n");
  desk_.counters.refused.add();
  answer_at_once(socket.number(), kFull, desk_, true, false);
  ::shutdown(socket.number(), SHUT_WR);
}

void HttpListener::take_over(Guest& guest, Heard heard) {
  Arrival arrival{
      .socket = Socket{shard_},
      .place = std::move(guest.place),
      .request = std::move(heard.request),
      .received = heard.received,
      .ticket = guest.ticket,
      .tight = guest.tight,
      .let_in = heard.let_in,
  };
  ErrorCode error;
  arrival.socket.assign(protocol_, guest.socket.number(), error);
  if (error) return;  // no memory: the guest's descriptor closes
  guest.socket.release();
  arrival.socket.non_blocking(true, error);
  auto connection = std::make_unique<HttpConnection>(desk_, std::move(arrival));
  connections_.spawn_unasked("http connection", HttpConnection::serve(std::move(connection)));
}

ShardTask<void> HttpListener::look_after() {
  auto next = Clock::now();
  while (!desk_.stopping) {
    const auto now = Clock::now();
    desk_.set_time(WallTime::clock::now());
    for (auto& connection : desk_.connections) connection.check(now);
    room_.check(now);
    if (on_.on_second) on_.on_second(now);
    next = std::max(next + std::chrono::seconds{1}, now);
    second_.expires_at(next);
    co_await second_.async_wait(use_shard_result);
  }
}

/// Its timer waits for its turn with the sockets that are ready, as Asio's timers do on Linux: its lag is
/// theirs.
ShardTask<void> HttpListener::beat() {
  auto before = Clock::now();
  queue_age_.look(0, before);
  while (!desk_.stopping) {
    const auto due = before + kBeat;
    beat_.expires_at(due);
    co_await beat_.async_wait(use_shard_result);
    if (!acceptor_.is_open()) co_return;
    Beat found;
    found.now = Clock::now();
    found.period = found.now - before;
    found.lag = std::max(found.now - due, Duration::zero());
    found.accept_queue = accept_queue(acceptor_.native_handle());
    found.accept_age = queue_age_.look(found.accept_queue, found.now);
    found.at_the_door = room_.size();
    on_.on_beat(found);
    before = found.now;
  }
}

void HttpListener::begin_stop() {
  desk_.stopping = true;
  ErrorCode ignored;
  acceptor_.close(ignored);
  room_.close();
  second_.cancel();
  beat_.cancel();
  for (auto& connection : desk_.connections) connection.begin_stop();
}

asio::awaitable<void> HttpListener::stop(TimePoint deadline) {
  begin_stop();
  const auto grace = std::max(deadline - Clock::now(), Duration::zero());
  co_await connections_.stop(grace);
  co_await chores_.stop(Duration::zero());
}

}  // namespace levee::delivery
