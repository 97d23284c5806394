#include "levee/delivery/http_server.hpp"

#include <algorithm>
#include <atomic>
#include <utility>
#include <vector>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <spdlog/spdlog.h>

#include "levee/base/metrics.hpp"
#include "levee/delivery/origin.hpp"
#include "levee/runtime/run_on.hpp"
#include "levee/runtime/use_result.hpp"

#include "delivery/admin.hpp"
#include "delivery/duration_of.hpp"
#include "delivery/http_listener.hpp"
#include "delivery/http_metrics.hpp"
#include "delivery/kernel_socket.hpp"
#include "delivery/processor_demand.hpp"
#include "delivery/protection.hpp"
#include "delivery/protection_metrics.hpp"

namespace levee::delivery {

namespace asio = boost::asio;

namespace {

constexpr Duration kEvaluation = std::chrono::milliseconds{100};

/// Says when the limit of files allows fewer connections than the settings.
Settings within_files(Settings settings) {
  const auto files = FileBudget::of(settings.file_limit);
  if (settings.max_connections > files.viewers) {
    spdlog::warn(
        "http.max_connections={} is more than the limit of open files allows: limit={} connections={}",
        settings.max_connections, settings.file_limit, files.viewers);
    settings.max_connections = files.viewers;
  }
  return settings;
}

Protection::Settings protection_settings(const Settings& settings, const hls::Settings& hls,
                                         std::size_t shards) {
  Protection::Settings out;
  out.shards = shards;
  out.cores = usable_cores();
  out.enabled = settings.sessions && settings.admission;
  out.max_newcomers_per_second = static_cast<double>(settings.max_newcomers_per_s);
  out.part = duration_of(hls.part_target());
  out.segment = duration_of(hls.segment);
  out.file_limit = settings.file_limit;
  return out;
}

Site make_site(Settings settings, const hls::Settings& hls, const HttpHooks& hooks) {
  ViewerTokens tokens{settings.token_key};
  WebAssets assets = WebAssets::load(settings.web_root);
  return {std::move(settings), hls, std::move(tokens), std::move(assets), hooks.ready, hooks.bus};
}

}  // namespace

struct HttpServer::Impl : std::enable_shared_from_this<HttpServer::Impl> {
  /// What belongs to one shard.
  struct Shard {
    Shard(Impl& server, std::size_t index)
        : state{server.site, server.catalog.shelf(index)},
          origin{server.site, state},
          desk{server.site.settings, origin, state.shelf, server.hooks.upgrade, index},
          listener{server.shards.shard(index),
                   desk,
                   server.public_connections,
                   FileBudget::of(server.site.settings.file_limit),
                   {[&server, index](TimePoint now) { server.report_viewers(index, now); },
                    [&server, index](const Beat& beat) { server.served[index]->tell(server, beat); }}} {}

    /// Leaves for the controller what happened since the last heartbeat.
    void tell(Impl& server, const Beat& beat);

    ShardState state;
    Origin origin;
    HttpDesk desk;
    HttpListener listener;
    ProcessorDemand processor;
    Duration cpu{};
    std::uint64_t bytes = 0;
    std::uint64_t parks = 0;
  };

  struct AdminDesk {
    explicit AdminDesk(Impl& server)
        : responder{server.site,
                    {server.hooks.write_metrics, [&server] { return server.catalog.all(); },
                     [&server] { return admission_json(server.protection.facts(), server.setup); }}},
          desk{server.site.settings, responder, nothing, server.no_upgrade, 0},
          listener{server.control, desk, server.admin_connections, {}, {}} {}

    Shelf nothing{1};  ///< nobody waits here for media
    Admin responder;
    HttpDesk desk;
    HttpListener listener;
  };

  Impl(runtime::ShardPool& pool, Settings settings, const hls::Settings& hls, Catalog& streams,
       HttpHooks connected)
      : shards{pool},
        catalog{streams},
        hooks{std::move(connected)},
        control{hooks.control != nullptr ? *hooks.control : pool.shard(0)},
        site{make_site(within_files(std::move(settings)), hls, hooks)},
        protection{protection_settings(site.settings, hls, pool.size())},
        setup{site.settings.sessions && site.settings.admission, {}},
        evaluation{control},
        steering{control},
        tally{pool.size()} {
    for (std::size_t i = 0; i < pool.size(); ++i) served.push_back(std::make_unique<Shard>(*this, i));
    admin = std::make_unique<AdminDesk>(*this);
  }

  void report_viewers(std::size_t index, TimePoint now);
  void count_viewers();
  asio::awaitable<void> steer();
  asio::awaitable<void> stop_control(TimePoint deadline);

  runtime::ShardPool& shards;
  Catalog& catalog;
  HttpHooks hooks;
  asio::io_context& control;
  UpgradeHandler no_upgrade;
  Site site;
  Protection protection;
  ProtectionSetup setup;
  asio::steady_timer evaluation;
  runtime::TaskGroup steering;
  bool stopping = false;  ///< the control thread's
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
  asio::post(control, [self = weak_from_this(), counts] {
    if (const auto server = self.lock()) server->admin->responder.set_counts(counts);
  });
}

void HttpServer::Impl::Shard::tell(Impl& server, const Beat& beat) {
  ShardReading reading = desk.meter.take();
  reading.time = beat.period;
  const auto wanted = processor.total();
  reading.cpu = std::min(wanted - std::exchange(cpu, wanted), beat.period);
  const auto sent = desk.counters.bytes_sent.value();
  reading.bytes = sent - std::exchange(bytes, sent);
  const auto parked = desk.counters.parks.value();
  reading.parks = parked - std::exchange(parks, parked);
  reading.loop_lag = beat.lag;
  reading.accept_age = beat.accept_age;
  reading.accept_queue = beat.accept_queue;
  reading.at_the_door = beat.at_the_door;
  reading.returning = std::exchange(state.returning, 0);
  reading.tally = state.gate.take_tally();
  reading.beginnings = state.sessions.take_beginnings();
  reading.taken = beat.now;
  reading.sessions = state.sessions.size();
  reading.parked = state.shelf.parked();
  reading.waiting = state.gate.waiting(beat.now);
  reading.reserved = state.gate.reserved();
  server.protection.slot(desk.shard).put(reading);
}

/// Evaluates again and again, and hands what is granted to every shard.
asio::awaitable<void> HttpServer::Impl::steer() {
  auto due = Clock::now();
  while (!stopping) {
    const auto now = Clock::now();
    const auto grant = protection.evaluate(now, now - due);
    for (std::size_t i = 0; i < served.size(); ++i) {
      asio::post(shards.shard(i), [self = weak_from_this(), i, grant] {
        if (const auto server = self.lock()) server->served[i]->state.apply(grant, Clock::now());
      });
    }
    due = now + kEvaluation;
    evaluation.expires_at(due);
    co_await evaluation.async_wait(runtime::use_result);
  }
}

asio::awaitable<void> HttpServer::Impl::stop_control(TimePoint deadline) {
  stopping = true;
  evaluation.cancel();
  co_await steering.stop(Duration::zero());
  co_await admin->listener.stop(deadline);
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
  server.setup.congestion_control = server.served[0]->listener.congestion_control_in_force();
  asio::post(server.control, [self = std::weak_ptr{impl_}] {
    const auto started = self.lock();
    if (!started) return;
    started->admin->listener.start();
    started->steering.spawn("admission", started->steer());
  });
  spdlog::info(
      "http address={} port={} admin={}:{} pages={} congestion_control={} admission={} file_limit={}",
      settings.address, server.port, settings.admin_address, server.admin_port, server.site.assets.size(),
      server.setup.congestion_control, server.setup.enabled ? "on" : "off", settings.file_limit);
  if (settings.sessions && settings.token_key.empty())
    spdlog::info("viewers.token_key is empty: after a restart viewers are newcomers");
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
  co_await runtime::run_on(server.control, server.stop_control(deadline));
}

void HttpServer::write_metrics(MetricsText& out) const {
  std::vector<const HttpCounters*> counters;
  for (const auto& shard : impl_->served) counters.push_back(&shard->desk.counters);
  write_http_metrics(out, "public", counters, impl_->public_connections.load());
  const HttpCounters* const admin = &impl_->admin->desk.counters;
  write_http_metrics(out, "admin", {&admin, 1}, impl_->admin_connections.load());
  out.gauge("levee_viewers", "Playback sessions that this node serves.",
            static_cast<double>(impl_->viewers.value()));
  SideDoors side_doors;
  std::uint64_t moved = 0;
  for (const auto& shard : impl_->served) {
    moved += shard->state.reloads_moved.value();
    side_doors.strangers += shard->state.strangers_refused.value();
    side_doors.upgrades += shard->state.upgrades_refused.value();
    side_doors.files += shard->state.files_refused.value();
  }
  out.counter(
      "levee_reloads_moved_total",
      "Playlists given once more while there was a newer one, so that viewers do not all reload at once.",
      moved);
  write_protection_metrics(out, impl_->protection.facts(), side_doors, impl_->setup);
}

}  // namespace levee::delivery
