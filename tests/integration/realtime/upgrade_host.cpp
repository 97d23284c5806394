#include "upgrade_host.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/this_coro.hpp>

#include "levee/runtime/run_blocking.hpp"
#include "levee/runtime/task_group.hpp"
#include "levee/runtime/use_result.hpp"

namespace levee::test {

namespace asio = boost::asio;
using asio::ip::tcp;
using delivery::Socket;

namespace {

std::string field(const std::string& head, const std::string& name) {
  const auto at = head.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const auto begin = at + name.size() + 4;
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

}  // namespace

struct UpgradeHost::Impl {
  Impl(realtime::Bus& bus, realtime::Identities& identities, runtime::ShardPool& pool,
       delivery::RealtimeSettings settings)
      : shards{pool},
        server{pool, settings, bus, identities},
        handler{server.handler()},
        acceptor{pool.shard(0), tcp::endpoint{asio::ip::address_v4::loopback(), 0}},
        tasks{pool.shard(0)} {}

  asio::awaitable<void> accept() {
    for (std::size_t next = 0; acceptor.is_open(); ++next) {
      const auto shard = next % shards.size();
      Socket socket{shards.shard(shard)};
      const auto [error] = co_await acceptor.async_accept(socket, runtime::use_result);
      if (error) co_return;
      tasks.spawn("upgrade", upgrade(shard, std::move(socket)));
    }
  }

  asio::awaitable<void> upgrade(std::size_t shard, Socket socket) {
    std::string received;
    auto buffer = asio::dynamic_buffer(received, 8192);
    const auto [error, size] =
        co_await asio::async_read_until(socket, buffer, "\r\n\r\n", runtime::use_result);
    if (error) co_return;
    socket.non_blocking(true);
    delivery::UpgradeRequest request;
    request.key = field(received, "Sec-WebSocket-Key");
    request.version = field(received, "Sec-WebSocket-Version");
    request.received = received;
    request.head_size = size;
    auto moved = std::make_shared<Socket>(std::move(socket));
    asio::post(shards.shard(shard),
               [this, shard, moved, request] { handler(shard, std::move(*moved), request); });
  }

  asio::awaitable<void> stop(Duration grace) {
    acceptor.close();
    constexpr std::chrono::milliseconds short_grace{10};
    co_await tasks.stop(short_grace);
    co_await server.stop(grace);
  }

  runtime::ShardPool& shards;
  delivery::RealtimeServer server;
  delivery::UpgradeHandler handler;
  tcp::acceptor acceptor;
  runtime::TaskGroup tasks;
  bool stopped = false;
};

UpgradeHost::UpgradeHost(realtime::Bus& bus, realtime::Identities& identities, runtime::ShardPool& shards,
                         delivery::RealtimeSettings settings)
    : impl_{std::make_unique<Impl>(bus, identities, shards, settings)} {
  impl_->server.start();
  asio::post(shards.shard(0), [impl = impl_.get()] { impl->tasks.spawn("accept", impl->accept()); });
}

UpgradeHost::~UpgradeHost() { stop(); }

std::uint16_t UpgradeHost::port() const { return impl_->acceptor.local_endpoint().port(); }

void UpgradeHost::stop(Duration grace) {
  if (std::exchange(impl_->stopped, true)) return;
  runtime::run_blocking(impl_->shards.shard(0), impl_->stop(grace));
}

delivery::RealtimeServer& UpgradeHost::server() { return impl_->server; }

}  // namespace levee::test
