#include "levee/ingest/srt_listener.hpp"

#include <atomic>
#include <utility>
#include <vector>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include "levee/base/log.hpp"
#include "levee/ingest/error.hpp"
#include "levee/ingest/ingest_counters.hpp"
#include "levee/ingest/stream_id.hpp"
#include "levee/runtime/run_on.hpp"
#include "levee/runtime/task_group.hpp"
#include "levee/runtime/use_result.hpp"

#include "ingest/srt_connection.hpp"
#include "ingest/srt_reader.hpp"

namespace levee::ingest {

namespace asio = boost::asio;
using runtime::use_result;

/// What one shard has of the listener. Thread: that shard's.
struct SrtShard {
  explicit SrtShard(asio::io_context& home) : context{home}, tasks{home} {}

  asio::io_context& context;
  runtime::TaskGroup tasks;
};

struct SrtListener::Impl {
  Impl(runtime::ShardPool& pool, stream::Registry& streams, SrtSettings given)
      : registry{streams}, settings{std::move(given)} {
    for (std::size_t i = 0; i < pool.size(); ++i) shards.push_back(std::make_unique<SrtShard>(pool.shard(i)));
  }

  ErrorCode admit(const std::string& stream_id, const std::string& peer);
  std::shared_ptr<SrtLink> connected(int socket, const std::string& stream_id, const std::string& peer);
  asio::awaitable<void> serve(std::shared_ptr<SrtLink> link);
  SrtReader::Handlers handlers();

  stream::Registry& registry;
  SrtSettings settings;
  IngestCounters counters;
  std::vector<std::unique_ptr<SrtShard>> shards;
  std::size_t next_shard = 0;  ///< the reader thread's
  std::unique_ptr<SrtReader> reader;
};

ErrorCode SrtListener::Impl::admit(const std::string& stream_id, const std::string& peer) {
  auto id = parse_stream_id(stream_id);
  ErrorCode refused;
  if (!id) {
    refused = id.error();
    counters.protocol_errors.add();
  } else if (counters.connections.value() >= static_cast<std::int64_t>(settings.max_connections)) {
    refused = Errc::too_many_connections;
    counters.refused.add();
  } else {
    stream::PublishRequest request;
    request.key = std::move(id->key);
    request.protocol = "srt";
    request.peer = peer;
    request.timestamp_wrap = media::kTsWrap;
    refused = registry.check(request);
    if (refused) counters.rejected.add();
  }
  if (refused)
    spdlog::info("publisher refused protocol=srt peer={} reason={}", peer, log::value(refused.message()));
  return refused;
}

std::shared_ptr<SrtLink> SrtListener::Impl::connected(int socket, const std::string& stream_id,
                                                      const std::string& peer) {
  auto id = parse_stream_id(stream_id);
  if (!id) return nullptr;
  auto& shard = *shards[next_shard++ % shards.size()];
  auto link = std::make_shared<SrtLink>(shard.context, socket);
  link->key = std::move(id->key);
  link->peer = peer;
  counters.connections.add(1);
  counters.connections_total.add();
  asio::post(shard.context, [this, &shard, link] { shard.tasks.spawn("srt publisher", serve(link)); });
  return link;
}

asio::awaitable<void> SrtListener::Impl::serve(std::shared_ptr<SrtLink> link) {
  // From here on a cancellation is an error to handle, no exception: the counters must come out right.
  co_await asio::this_coro::throw_if_cancelled(false);
  SrtConnection connection{std::move(link), registry, settings, counters};
  co_await connection.serve();
  counters.connections.add(-1);
}

SrtReader::Handlers SrtListener::Impl::handlers() {
  SrtReader::Handlers handlers;
  handlers.admit = [this](const std::string& id, const std::string& peer) { return admit(id, peer); };
  handlers.connected = [this](int socket, const std::string& id, const std::string& peer) {
    return connected(socket, id, peer);
  };
  handlers.received = [](const std::shared_ptr<SrtLink>& link, Bytes bytes) {
    if (link->unwanted) return;
    link->input.push_back(std::move(bytes));
    link->wake.cancel();
  };
  handlers.closed = [](const std::shared_ptr<SrtLink>& link) {
    if (!link->ended) link->ended = asio::error::eof;
    link->wake.cancel();
  };
  return handlers;
}

SrtListener::SrtListener(runtime::ShardPool& shards, stream::Registry& registry, SrtSettings settings)
    : impl_{std::make_unique<Impl>(shards, registry, std::move(settings))} {}

SrtListener::~SrtListener() = default;

ErrorCode SrtListener::start() {
  impl_->reader = std::make_unique<SrtReader>(impl_->settings, impl_->handlers());
  const auto error = impl_->reader->start();
  if (error) impl_->reader.reset();
  return error;
}

std::uint16_t SrtListener::port() const { return impl_->reader ? impl_->reader->port() : std::uint16_t{0}; }

asio::awaitable<void> SrtListener::stop(Duration grace) {
  if (!impl_->reader) co_return;
  constexpr Duration kPoll = std::chrono::milliseconds{10};
  const auto end = Clock::now() + grace;
  asio::steady_timer timer{co_await asio::this_coro::executor};
  impl_->reader->stop();
  while (!impl_->reader->stopped()) {
    timer.expires_after(kPoll);
    co_await timer.async_wait(use_result);
  }
  // The reader posts nothing from here on, and what it posted runs before what is posted now.
  for (auto& shard : impl_->shards) {
    const auto left = std::max(end - Clock::now(), Duration::zero());
    co_await runtime::run_on(shard->context, shard->tasks.stop(left));
  }
}

void SrtListener::write_metrics(MetricsText& out) const {
  impl_->counters.write_metrics(out, "srt");
  if (impl_->reader) impl_->reader->write_metrics(out);
}

}  // namespace levee::ingest
