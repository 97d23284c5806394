#include "levee/ingest/rtmp_listener.hpp"

#include <list>
#include <map>
#include <utility>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include "levee/base/log.hpp"
#include "levee/ingest/ingest_counters.hpp"
#include "levee/runtime/run_on.hpp"
#include "levee/runtime/task_group.hpp"
#include "levee/runtime/use_result.hpp"

#include "ingest/rtmp_connection.hpp"
#include "ingest/shared_port.hpp"

namespace levee::ingest {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using runtime::use_result;

constexpr Duration kSweep = std::chrono::milliseconds{250};
constexpr Duration kAfterFailedAccept = std::chrono::milliseconds{100};

/// What one shard has of the listener. Thread: that shard's, once started.
class Door {
 public:
  Door(asio::io_context& context, tcp::acceptor acceptor, stream::Registry& registry,
       const RtmpSettings& settings, IngestCounters& counters)
      : context_{context},
        acceptor_{std::move(acceptor)},
        registry_{registry},
        settings_{settings},
        counters_{counters},
        tasks_{context} {}

  asio::io_context& context() { return context_; }

  void open() {
    tasks_.spawn("rtmp accept", accept());
    tasks_.spawn("rtmp sweep", sweep());
  }

  asio::awaitable<void> close(Duration grace) {
    ErrorCode ignored;
    acceptor_.close(ignored);
    co_await tasks_.stop(grace);
  }

 private:
  asio::awaitable<void> accept() {
    asio::steady_timer pause{context_};
    while (acceptor_.is_open()) {
      auto [error, socket] = co_await acceptor_.async_accept(use_result);
      if (error == asio::error::operation_aborted) co_return;
      if (!error) {
        admit(std::move(socket));
        continue;
      }
      // Out of descriptors, most likely: the connections there are go on, and time frees some.
      spdlog::warn("rtmp accept failed error={}", log::value(error.message()));
      pause.expires_after(kAfterFailedAccept);
      co_await pause.async_wait(use_result);
    }
  }

  void admit(tcp::socket socket) {
    counters_.connections_total.add();
    ErrorCode error;
    const auto endpoint = socket.remote_endpoint(error);
    const auto address = unmapped(endpoint.address());
    const bool full = counters_.connections.value() >= static_cast<std::int64_t>(settings_.max_connections);
    if (error || full || waiting_[address] >= settings_.max_waiting_per_address) {
      if (const auto none = waiting_.find(address); none != waiting_.end() && none->second == 0)
        waiting_.erase(none);
      counters_.refused.add();
      return;
    }
    ++waiting_[address];
    counters_.connections.add(1);
    const auto no_longer_waiting = [this, address](void*) {
      if (--waiting_[address] == 0) waiting_.erase(address);
    };
    tasks_.spawn("rtmp publisher", serve(std::move(socket), std::shared_ptr<void>{this, no_longer_waiting}));
  }

  asio::awaitable<void> serve(tcp::socket socket, std::shared_ptr<void> waiting) {
    // From here on a cancellation is an error to handle, no exception: the peer is told why it must go.
    co_await asio::this_coro::throw_if_cancelled(false);
    RtmpConnection connection{std::move(socket), registry_, settings_, counters_, std::move(waiting)};
    const auto place = connections_.insert(connections_.end(), &connection);
    co_await connection.serve();
    connections_.erase(place);
    counters_.connections.add(-1);
  }

  asio::awaitable<void> sweep() {
    asio::steady_timer timer{context_};
    for (;;) {
      timer.expires_after(kSweep);
      const auto [error] = co_await timer.async_wait(use_result);
      if (error) co_return;
      const auto now = Clock::now();
      for (auto* connection : connections_) connection->check(now);
    }
  }

  asio::io_context& context_;
  tcp::acceptor acceptor_;
  stream::Registry& registry_;
  const RtmpSettings& settings_;
  IngestCounters& counters_;
  std::map<asio::ip::address, std::size_t> waiting_;
  std::list<RtmpConnection*> connections_;
  runtime::TaskGroup tasks_;
};

}  // namespace

struct RtmpListener::Impl {
  Impl(runtime::ShardPool& pool, stream::Registry& streams, RtmpSettings given)
      : shards{pool}, registry{streams}, settings{std::move(given)} {}

  runtime::ShardPool& shards;
  stream::Registry& registry;
  RtmpSettings settings;
  IngestCounters counters;
  std::uint16_t port = 0;
  std::vector<std::unique_ptr<Door>> doors;
};

RtmpListener::RtmpListener(runtime::ShardPool& shards, stream::Registry& registry, RtmpSettings settings)
    : impl_{std::make_unique<Impl>(shards, registry, std::move(settings))} {}

RtmpListener::~RtmpListener() = default;

ErrorCode RtmpListener::start() {
  auto acceptors = listen_on_all(impl_->shards, impl_->settings.address, impl_->settings.port);
  if (!acceptors) return acceptors.error();
  ErrorCode error;
  impl_->port = acceptors->front().local_endpoint(error).port();
  for (std::size_t i = 0; i < acceptors->size(); ++i) {
    auto& context = impl_->shards.shard(i);
    impl_->doors.push_back(std::make_unique<Door>(context, std::move((*acceptors)[i]), impl_->registry,
                                                  impl_->settings, impl_->counters));
    asio::post(context, [door = impl_->doors.back().get()] { door->open(); });
  }
  return error;
}

std::uint16_t RtmpListener::port() const { return impl_->port; }

asio::awaitable<void> RtmpListener::stop(Duration grace) {
  const auto end = Clock::now() + grace;
  for (auto& door : impl_->doors) {
    const auto left = std::max(end - Clock::now(), Duration::zero());
    co_await runtime::run_on(door->context(), door->close(left));
  }
  impl_->doors.clear();
}

void RtmpListener::write_metrics(MetricsText& out) const { impl_->counters.write_metrics(out, "rtmp"); }

}  // namespace levee::ingest
