#include "levee/app/server.hpp"

#include <csignal>
#include <pthread.h>
#include <random>
#include <stdexcept>

#include <boost/asio/post.hpp>
#include <sys/resource.h>

#include "levee/app/stream_status.hpp"
#include "levee/base/unix_time.hpp"
#include "levee/delivery/http_server.hpp"
#include "levee/delivery/realtime_identities.hpp"
#include "levee/delivery/realtime_server.hpp"
#include "levee/ingest/rtmp_listener.hpp"
#include "levee/ingest/srt_listener.hpp"
#include "levee/realtime/memory_bus.hpp"
#include "levee/redis/redis_bus.hpp"
#include "levee/runtime/run_blocking.hpp"
#include "levee/stream/publish_policy.hpp"

#include "app/bus_state.hpp"

namespace levee::app {
namespace {

using std::chrono::milliseconds;

/// How long publishers' connections have to read why they are closed. With the rest of the stopping this
/// stays under the 5 s promised.
constexpr Duration kIngestGrace = milliseconds{500};

/// The same for chat clients to read when to come back.
constexpr Duration kRealtimeGrace = milliseconds{1000};

/// Not to be guessed: for secrets and epochs.
std::string random_text() {
  std::random_device random;
  std::string text;
  for (int i = 0; i < 8; ++i) text += fmt::format("{:08x}", random());
  return text;
}

sigset_t stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

/// A connection is a file: take all that the system allows, not the soft limit meant for programs with few.
/// Gives the limit in force; 0 when there is none.
std::size_t raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const auto soft = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  if (soft != limit.rlim_max && setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    spdlog::warn("the limit of open files stays low limit={}", soft);
    limit.rlim_cur = soft;
  }
  return limit.rlim_cur == RLIM_INFINITY ? 0 : static_cast<std::size_t>(limit.rlim_cur);
}

Config within_limits(Config config) {
  config.delivery.file_limit = raise_file_limit();
  return config;
}

std::unique_ptr<stream::PublishPolicy> publish_policy(const Config& config) {
  if (config.publish_open) return std::make_unique<stream::OpenPolicy>();
  std::vector<stream::KeyListPolicy::Key> keys;
  for (const auto& [key, name] : config.publish_keys) keys.push_back({name, key});
  return std::make_unique<stream::KeyListPolicy>(std::move(keys));
}

/// The bus of a node among others; null when the configuration names no Redis.
std::unique_ptr<redis::RedisBus> redis_bus(const Config& config, boost::asio::io_context& home) {
  if (config.redis_url.empty()) return nullptr;
  const auto address = redis::parse_url(config.redis_url);
  if (!address) throw std::runtime_error{"bus.redis_url: " + address.error().message()};
  redis::Settings settings;
  settings.address = *address;
  settings.ca_file = config.redis_ca_file;
  settings.node = random_text().substr(0, 12);
  settings.trails = config.trails;
  return std::make_unique<redis::RedisBus>(home, std::move(settings));
}

void must(ErrorCode error, const char* what, std::uint16_t port) {
  if (error) throw std::runtime_error{fmt::format("{} port {}: {}", what, port, error.message())};
}

}  // namespace

struct Server::Impl {
  explicit Impl(const Config& settings)
      : config{within_limits(settings)},
        shards{config.threads != 0 ? config.threads : std::thread::hardware_concurrency()},
        ingest{config.ingest_threads},
        redis{redis_bus(config, shards.shard(0))},
        embedded{random_text().substr(0, 12), config.trails},
        bus{redis ? static_cast<realtime::Bus&>(*redis) : embedded},
        identities{config.delivery.token_key.empty() ? random_text() : config.delivery.token_key,
                   config.identities},
        filter{config.blocked_words},
        catalog{shards, config.delivery.max_parked},
        status{catalog, bus},
        policy{publish_policy(config)},
        transcoder{config.transcode, config.stream.hls},
        registry{ingest, config.stream, *policy, transcoder.factory(), status},
        rtmp{ingest, registry, config.ingest.rtmp},
        srt{ingest, registry, config.ingest.srt},
        realtime{shards, realtime_settings(), bus, identities},
        http{shards, config.delivery, config.stream.hls, catalog, hooks()} {}

  delivery::HttpHooks hooks() {
    delivery::HttpHooks hooks;
    hooks.upgrade = realtime.handler();
    hooks.viewer_counts = [this](const std::vector<delivery::ViewerCount>& counts) {
      status.count(counts, unix_ms());
    };
    hooks.control = &ingest.shard(0);
    hooks.bus = &bus;
    hooks.write_metrics = [this](MetricsText& out) { write_metrics(out); };
    return hooks;
  }

  delivery::RealtimeSettings realtime_settings() {
    auto settings = config.realtime;
    settings.hub.filter = &filter;
    settings.hub.publish_open = config.publish_open;
    return settings;
  }

  void start() {
    if (!redis) restore_bus(config.bus_state_file, embedded);
    if (config.ingest.rtmp.enabled) must(rtmp.start(), "rtmp", config.ingest.rtmp.port);
    if (config.ingest.srt.enabled) must(srt.start(), "srt", config.ingest.srt.port);
    if (redis) redis->start();
    realtime.start();
    http.start();
    shards.start();
    ingest.start();
    name_threads();
    running = true;
    spdlog::info("listening rtmp={} srt={} http={} admin={} threads={} publish={}", rtmp.port(), srt.port(),
                 http.port(), http.admin_port(), shards.size(), config.publish_open ? "open" : "keys");
    if (!config.publish_open && config.publish_keys.empty()) {
      spdlog::warn("nobody can publish: publish.keys is empty and publish.open is false");
    }
  }

  /// As `top -H` shows them.
  void name_threads() {
    for (std::size_t i = 0; i < ingest.size(); ++i) {
      boost::asio::post(ingest.shard(i), [name = fmt::format("ingest-{}", i)] {
        pthread_setname_np(pthread_self(), name.c_str());
      });
    }
  }

  boost::asio::awaitable<void> stop_parts() {
    // The publishers first: the playlists then end with all that came in.
    co_await rtmp.stop(kIngestGrace);
    co_await srt.stop(kIngestGrace);
    co_await registry.stop();
    co_await http.stop();
    co_await realtime.stop(kRealtimeGrace);
    if (redis) co_await redis->stop();
  }

  void stop() {
    if (!running) return;
    running = false;
    runtime::run_blocking(shards.shard(0), stop_parts());
    shards.stop();
    ingest.stop();
    if (!redis) save_bus(config.bus_state_file, embedded);
  }

  void write_metrics(MetricsText& out) const {
    registry.write_metrics(out);
    transcoder.write_metrics(out);
    rtmp.write_metrics(out);
    srt.write_metrics(out);
    http.write_metrics(out);
    realtime.write_metrics(out);
    if (redis) redis->write_metrics(out);
  }

  Config config;
  bool running = false;
  runtime::ShardPool shards;  ///< serve viewers
  runtime::ShardPool ingest;  ///< publishers, packaging, admission and the admin port: never behind viewers
  std::unique_ptr<redis::RedisBus> redis;  ///< null: the embedded bus
  realtime::MemoryBus embedded;
  realtime::Bus& bus;
  delivery::RealtimeIdentities identities;
  realtime::WordFilter filter;
  delivery::Catalog catalog;
  StreamStatus status;
  std::unique_ptr<stream::PublishPolicy> policy;
  transcode::Transcoder transcoder;
  stream::Registry registry;
  ingest::RtmpListener rtmp;
  ingest::SrtListener srt;
  delivery::RealtimeServer realtime;
  delivery::HttpServer http;
};

Server::Server(const Config& config) {
  impl_ = std::make_unique<Impl>(config);
  impl_->start();
}

Server::~Server() { impl_->stop(); }

void Server::block_signals() {
  const auto signals = stop_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

void Server::run_until_signal() {
  const auto signals = stop_signals();
  int signal = 0;
  sigwait(&signals, &signal);
  spdlog::info("stopping signal={}", signal == SIGTERM ? "SIGTERM" : "SIGINT");
  pthread_sigmask(SIG_UNBLOCK, &signals,
                  nullptr);  // the next one ends the process as if there were no handler
  impl_->stop();
  spdlog::info("stopped");
}

}  // namespace levee::app
