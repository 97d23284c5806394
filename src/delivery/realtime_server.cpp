#include "levee/delivery/realtime_server.hpp"

#include <algorithm>
#include <exception>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include "levee/base/unix_time.hpp"
#include "levee/delivery/websocket_handshake.hpp"
#include "levee/runtime/run_on.hpp"
#include "levee/runtime/task_group.hpp"
#include "levee/runtime/use_result.hpp"

#include "delivery/feed_post.hpp"
#include "delivery/kernel_socket.hpp"
#include "delivery/realtime_connection.hpp"
#include "delivery/realtime_metrics.hpp"

namespace levee::delivery {
namespace {

namespace asio = boost::asio;

constexpr Duration kSweep = std::chrono::seconds{1};
constexpr int kCloseRestart = 1012;
constexpr int kCloseTryLater = 1013;
constexpr int kDrainSlices = 10;
// What the kernel holds of a connection can't be taken back when it is stale: keep it little.
const int kUnsentBytes = 16 * 1024;

/// What one shard has of the server. Thread: that shard's, once started.
class RealtimeShard {
 public:
  RealtimeShard(asio::io_context& context, const RealtimeSettings& settings,
                const realtime::HubSettings& hub_settings, realtime::Bus& bus,
                realtime::Identities& identities, RealtimeCounters& counters)
      : context_{context},
        settings_{settings},
        counters_{counters},
        timer_{context},
        hub_{hub_settings, bus, context, identities, websocket_text, [this] { wake(); }},
        tasks_{context} {}

  asio::io_context& context() { return context_; }
  const realtime::Hub& hub() const { return hub_; }

  void open() {
    tasks_.spawn("realtime hub", run_hub());
    tasks_.spawn("realtime sweep", sweep());
  }

  void take(Socket socket, UpgradeRequest request) {
    if (draining_) return;
    if (request.posts_records) {
      tasks_.spawn("feed post", serve_feed_post(std::move(socket), std::move(request), hub_));
      return;
    }
    const auto answer = answer_upgrade(request);
    ErrorCode error;
    socket.write_some(asio::buffer(answer.head), error);  // the first bytes on the connection: they fit
    if (!answer.accepted) counters_.bad_handshakes.add();
    if (error || !answer.accepted) return;
    if (counters_.connections.value() >= static_cast<std::int64_t>(settings_.max_connections))
      return turn_away(std::move(socket));
    counters_.accepted.add();
    serve(std::move(socket), std::string_view{request.received}.substr(request.head_size));
  }

  asio::awaitable<void> close(Duration grace) {
    draining_ = true;
    std::vector<std::uint64_t> keys;
    for (const auto& [key, connection] : connections_) keys.push_back(key);
    asio::steady_timer pause{context_};
    const auto slice = keys.size() / kDrainSlices + 1;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (i > 0 && i % slice == 0) {
        pause.expires_after(grace / (2 * kDrainSlices));
        co_await pause.async_wait(runtime::use_result);
      }
      const auto found = connections_.find(keys[i]);
      if (found != connections_.end()) found->second->close(kCloseRestart);
    }
    const auto end = Clock::now() + grace / 2;
    while (!connections_.empty() && Clock::now() < end) {
      pause.expires_after(std::chrono::milliseconds{20});
      co_await pause.async_wait(runtime::use_result);
    }
    for (const auto& [key, connection] : connections_) connection->break_off();
    while (!connections_.empty()) co_await asio::post(context_, asio::use_awaitable);
    stopping_ = true;
    co_await tasks_.stop(Duration::zero());
    // What was queued for connections that are gone must not find us gone.
    co_await asio::post(context_, asio::use_awaitable);
  }

 private:
  asio::awaitable<void> run_hub() {
    co_await asio::this_coro::throw_if_cancelled(false);
    while (!stopping_) {
      woken_ = false;
      const auto now = Clock::now();
      hub_.tick(now, unix_ms());
      const auto next = hub_.deadline();
      if (woken_ || next <= now) {
        co_await asio::post(context_, asio::use_awaitable);
      } else {
        timer_.expires_at(next);
        co_await timer_.async_wait(runtime::use_result);
      }
    }
  }

  void wake() {
    if (std::exchange(woken_, true)) return;
    timer_.cancel();
  }

  asio::awaitable<void> sweep() {
    co_await asio::this_coro::throw_if_cancelled(false);
    asio::steady_timer timer{context_};
    for (;;) {
      timer.expires_after(kSweep);
      const auto [error] = co_await timer.async_wait(runtime::use_result);
      if (error) co_return;
      const auto now = Clock::now();
      for (const auto& [key, connection] : connections_) connection->check(now);
    }
  }

  void serve(Socket socket, std::string_view first) {
    const auto key = next_key_++;
    // Without it there is only more in the kernel's buffer: no reason to refuse a client.
    ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsentBytes, sizeof kUnsentBytes);
    auto writable_later = [this, key](Socket& blocked) { await_writable(blocked, key); };
    auto connection = std::make_unique<RealtimeConnection>(std::move(socket), hub_, settings_, counters_,
                                                           writable_later, Clock::now());
    auto& opened = *connections_.emplace(key, std::move(connection)).first->second;
    counters_.connections.add(1);
    attend(opened, key, [first](RealtimeConnection& it) { it.begin(first); });
  }

  /// Does something with a connection, then waits for its client again, or ends it.
  template <class Work>
  void attend(RealtimeConnection& connection, std::uint64_t key, Work work) {
    bool over = true;
    try {
      work(connection);
      over = connection.over();
    } catch (const std::exception& error) {
      spdlog::error("task=\"realtime client\" threw error={}", error.what());  // a bug: the others go on
    }
    if (!over) return await_readable(connection.socket(), key);
    connections_.erase(key);
    counters_.connections.add(-1);
  }

  void await_readable(Socket& socket, std::uint64_t key) {
    socket.async_wait(Socket::wait_read, [this, key](const ErrorCode& error) {
      const auto found = connections_.find(key);
      if (found == connections_.end()) return;
      attend(*found->second, key, [error](RealtimeConnection& it) { it.readable(error); });
    });
  }

  void await_writable(Socket& socket, std::uint64_t key) {
    socket.async_wait(Socket::wait_write, [this, key](ErrorCode error) {
      if (error) return;
      const auto found = connections_.find(key);  // it may have ended since
      if (found != connections_.end()) found->second->writable();
    });
  }

  void turn_away(Socket socket) {
    counters_.turned_away.add();
    auto window = hub_.reconnect_window();
    window.from_ms = 1000;
    window.to_ms = std::max<std::int64_t>(window.to_ms, 10'000);
    auto frames = websocket_text(realtime::encode_bye(kCloseTryLater, window));
    const auto reason = "retry=" + std::to_string(window.from_ms) + "-" + std::to_string(window.to_ms);
    const auto closing = websocket_close(kCloseTryLater, reason);
    frames.insert(frames.end(), closing.begin(), closing.end());
    ErrorCode ignored;
    socket.write_some(asio::buffer(frames), ignored);
    socket.shutdown(Socket::shutdown_send, ignored);
  }

  asio::io_context& context_;
  const RealtimeSettings& settings_;
  RealtimeCounters& counters_;
  asio::steady_timer timer_;
  bool woken_ = false;
  bool draining_ = false;
  bool stopping_ = false;
  realtime::Hub hub_;
  std::uint64_t next_key_ = 0;
  std::unordered_map<std::uint64_t, std::unique_ptr<RealtimeConnection>> connections_;
  runtime::TaskGroup tasks_;
};

}  // namespace

struct RealtimeServer::Impl {
  Impl(runtime::ShardPool& pool, RealtimeSettings given, realtime::Bus& carrier)
      : shards{pool}, settings{given}, bus{carrier} {}

  runtime::ShardPool& shards;
  RealtimeSettings settings;
  realtime::Bus& bus;
  RealtimeCounters counters;
  std::vector<std::unique_ptr<RealtimeShard>> parts;
};

RealtimeServer::RealtimeServer(runtime::ShardPool& shards, RealtimeSettings settings, realtime::Bus& bus,
                               realtime::Identities& identities)
    : impl_{std::make_unique<Impl>(shards, settings, bus)} {
  auto hub_settings = settings.hub;
  hub_settings.thread_cpu = thread_cpu_time;
  hub_settings.takes_back_per_second =
      std::max<std::size_t>(1, hub_settings.takes_back_per_second / shards.size());
  for (auto* rate : {&hub_settings.hellos.resume, &hub_settings.hellos.known, &hub_settings.hellos.cold})
    *rate = std::max<std::size_t>(1, *rate / shards.size());
  for (std::size_t i = 0; i < shards.size(); ++i) {
    impl_->parts.push_back(std::make_unique<RealtimeShard>(shards.shard(i), impl_->settings, hub_settings,
                                                           bus, identities, impl_->counters));
  }
}

RealtimeServer::~RealtimeServer() = default;

void RealtimeServer::start() {
  for (auto& part : impl_->parts) asio::post(part->context(), [shard = part.get()] { shard->open(); });
}

UpgradeHandler RealtimeServer::handler() {
  return [impl = impl_.get()](std::size_t shard, Socket socket, UpgradeRequest request) {
    impl->parts[shard]->take(std::move(socket), std::move(request));
  };
}

asio::awaitable<void> RealtimeServer::stop(Duration grace) {
  const auto end = Clock::now() + grace;
  for (auto& part : impl_->parts) {
    const auto left = std::max(end - Clock::now(), Duration::zero());
    co_await runtime::run_on(part->context(), part->close(left));
  }
}

void RealtimeServer::write_metrics(MetricsText& out) const {
  delivery::write_metrics(out, impl_->counters);
  std::vector<const realtime::Hub*> hubs;
  for (const auto& part : impl_->parts) hubs.push_back(&part->hub());
  delivery::write_metrics(out, hubs);
  out.gauge("levee_realtime_bus_up", "Whether the bus between the nodes is up.",
            impl_->bus.state() == realtime::BusState::up ? 1 : 0);
}

}  // namespace levee::delivery
