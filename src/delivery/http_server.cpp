#include "levee/delivery/http_server.hpp"

#include <atomic>
#include <utility>
#include <vector>

#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

#include "levee/base/metrics.hpp"
#include "levee/delivery/origin.hpp"
#include "levee/runtime/run_on.hpp"

#include "delivery/admin.hpp"
#include "delivery/http_listener.hpp"
#include "delivery/http_metrics.hpp"

namespace levee::delivery {

namespace asio = boost::asio;

namespace {

Site make_site(Settings settings, const hls::Settings& hls, std::function<bool()> ready) {
  ViewerTokens tokens{settings.token_key};
  WebAssets assets = WebAssets::load(settings.web_root);
  return {std::move(settings), hls, std::move(tokens), std::move(assets), std::move(ready)};
}

}  // namespace

struct HttpServer::Impl : std::enable_shared_from_this<HttpServer::Impl> {
  /// What belongs to one shard.
  struct Shard {
    Shard(Impl& server, std::size_t index)
        : state{server.site, server.catalog.shelf(index)},
          origin{server.site, state},
          desk{server.site.settings, origin, state.shelf, server.hooks.upgrade, index},
          listener{server.shards.shard(index), desk, server.public_connections,
                   [&server, index](TimePoint now) { server.report_viewers(index, now); }} {}

    ShardState state;
    Origin origin;
    HttpDesk desk;
    HttpListener listener;
  };

  struct AdminDesk {
    explicit AdminDesk(Impl& server)
        : responder{server.site, server.served[0]->state, server.hooks.write_metrics},
          desk{server.site.settings, responder, server.served[0]->state.shelf, server.no_upgrade, 0},
          listener{server.shards.shard(0), desk, server.admin_connections, nullptr} {}

    Admin responder;
    HttpDesk desk;
    HttpListener listener;
  };

  Impl(runtime::ShardPool& pool, Settings settings, const hls::Settings& hls, Catalog& streams,
       HttpHooks connected)
      : shards{pool},
        catalog{streams},
        hooks{std::move(connected)},
        site{make_site(std::move(settings), hls, hooks.ready)},
        tally{pool.size()} {
    for (std::size_t i = 0; i < pool.size(); ++i) served.push_back(std::make_unique<Shard>(*this, i));
    admin = std::make_unique<AdminDesk>(*this);
  }

  void report_viewers(std::size_t index, TimePoint now);
  void count_viewers();

  runtime::ShardPool& shards;
  Catalog& catalog;
  HttpHooks hooks;
  UpgradeHandler no_upgrade;
  Site site;
  std::atomic<std::size_t> public_connections{0};
  std::atomic<std::size_t> admin_connections{0};
  Gauge viewers;
  std::vector<std::unique_ptr<Shard>> served;
  std::unique_ptr<AdminDesk> admin;
  ViewerTally tally;  ///< shard 0's
  std::uint16_t port = 0;
  std::uint16_t admin_port = 0;
};

/// Shard `index` tells shard 0 whom it has served; once shard 0 has told itself, it counts.
void HttpServer::Impl::report_viewers(std::size_t index, TimePoint now) {
  auto sessions = served[index]->state.sessions.collect(now);
  asio::post(shards.shard(0), [self = weak_from_this(), index, sessions = std::move(sessions)]() mutable {
    const auto server = self.lock();
    if (!server) return;
    server->tally.report(index, std::move(sessions));
    if (index == 0) server->count_viewers();
  });
}

void HttpServer::Impl::count_viewers() {
  auto counts = std::make_shared<ViewerCounts>();
  std::vector<ViewerCount> list;
  std::int64_t total = 0;
  for (const auto& stream : served[0]->state.shelf.all()) {
    const std::size_t count = tally.count(stream->view->name);
    counts->emplace(stream->view->name, count);
    list.push_back({stream->view->name, count});
    total += static_cast<std::int64_t>(count);
  }
  viewers.set(total);
  if (hooks.viewer_counts) hooks.viewer_counts(list);
  for (std::size_t i = 0; i < served.size(); ++i) {
    asio::post(shards.shard(i), [self = weak_from_this(), i, counts] {
      if (const auto server = self.lock()) server->served[i]->state.counts = counts;
    });
  }
}

HttpServer::HttpServer(runtime::ShardPool& shards, Settings settings, const hls::Settings& hls,
                       Catalog& catalog, HttpHooks hooks)
    : impl_{std::make_shared<Impl>(shards, std::move(settings), hls, catalog, std::move(hooks))} {}

HttpServer::~HttpServer() = default;

void HttpServer::start() {
  auto& server = *impl_;
  const Settings& settings = server.site.settings;
  server.port = settings.port;
  if (server.port != 0) HttpListener::require_free(settings.address, server.port);
  for (auto& shard : server.served) server.port = shard->listener.open(settings.address, server.port, false);
  server.admin_port = server.admin->listener.open(settings.admin_address, settings.admin_port, true);
  for (std::size_t i = 0; i < server.served.size(); ++i) {
    asio::post(server.shards.shard(i), [self = std::weak_ptr{impl_}, i] {
      if (const auto started = self.lock()) started->served[i]->listener.start();
    });
  }
  asio::post(server.shards.shard(0), [self = std::weak_ptr{impl_}] {
    if (const auto started = self.lock()) started->admin->listener.start();
  });
  spdlog::info("http address={} port={} admin={}:{} pages={}", settings.address, server.port,
               settings.admin_address, server.admin_port, server.site.assets.size());
}

std::uint16_t HttpServer::port() const { return impl_->port; }
std::uint16_t HttpServer::admin_port() const { return impl_->admin_port; }

asio::awaitable<void> HttpServer::stop() {
  auto& server = *impl_;
  const auto deadline = Clock::now() + server.site.settings.stop_grace;
  // All begin at once, so that together they need no longer than the slowest.
  for (std::size_t i = 0; i < server.served.size(); ++i) {
    asio::post(server.shards.shard(i), [self = std::weak_ptr{impl_}, i] {
      if (const auto stopping = self.lock()) stopping->served[i]->listener.begin_stop();
    });
  }
  for (std::size_t i = 0; i < server.served.size(); ++i)
    co_await runtime::run_on(server.shards.shard(i), server.served[i]->listener.stop(deadline));
  co_await runtime::run_on(server.shards.shard(0), server.admin->listener.stop(deadline));
}

void HttpServer::write_metrics(MetricsText& out) const {
  std::vector<const HttpCounters*> counters;
  for (const auto& shard : impl_->served) counters.push_back(&shard->desk.counters);
  write_http_metrics(out, "public", counters, impl_->public_connections.load());
  const HttpCounters* const admin = &impl_->admin->desk.counters;
  write_http_metrics(out, "admin", {&admin, 1}, impl_->admin_connections.load());
  out.gauge("levee_viewers", "Playback sessions that this node serves.",
            static_cast<double>(impl_->viewers.value()));
}

}  // namespace levee::delivery
