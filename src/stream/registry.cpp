#include "levee/stream/registry.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <utility>

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/spdlog.h>

#include "levee/base/log.hpp"
#include "levee/runtime/run_on.hpp"
#include "levee/stream/publish_policy.hpp"

#include "stream/counters.hpp"
#include "stream/link.hpp"
#include "stream/publication.hpp"
#include "stream/stream_host.hpp"

namespace levee::stream {

namespace asio = boost::asio;

std::uint64_t system_random() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

namespace {

/// A stream id has 40 random bits: no two shows of a name may share URIs while a cache remembers the first.
std::string make_id(std::uint64_t random) {
  constexpr std::string_view kDigits = "0123456789abcdefghjkmnpqrstvwxyz";
  std::string id;
  for (int i = 0; i < 8; ++i, random >>= 5) id += kDigits[random & 31];
  return id;
}

/// How long the registry waits for encoders when it stops.
constexpr Duration kStopWithin = std::chrono::seconds{3};

asio::awaitable<Result<std::string>> authorize(PublishPolicy& policy, PublishRequest request) {
  const auto executor = co_await asio::this_coro::executor;
  auto ask = [&policy, &request, executor](auto handler) {
    // The answer may be given on any thread, and std::function wants what can be copied.
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    policy.authorize(request, [shared, executor](Result<std::string> answer) {
      asio::post(executor, [shared, answer = std::move(answer)]() mutable { (*shared)(std::move(answer)); });
    });
  };
  co_return co_await asio::async_initiate<decltype(asio::use_awaitable), void(Result<std::string>)>(
      ask, asio::use_awaitable);
}

}  // namespace

struct Registry::Impl : std::enable_shared_from_this<Registry::Impl> {
  Impl(runtime::ShardPool& shard_pool, Settings settings, PublishPolicy& publish_policy,
       PipelineFactory make_pipeline, Outlet& outlet, Random random_source)
      : shards{shard_pool},
        policy{publish_policy},
        random{std::move(random_source)},
        context{std::make_shared<HostContext>(std::move(settings), std::move(make_pipeline), outlet)} {}

  ErrorCode refusal(const std::string& name, TimePoint now) const;
  Result<std::shared_ptr<StreamHost>> claim(const std::string& name, const std::shared_ptr<Link>& link,
                                            TimePoint now);
  std::shared_ptr<StreamHost> new_host(const std::string& name, asio::io_context* home);
  void make_room();
  void forget(const std::shared_ptr<StreamHost>& host);

  runtime::ShardPool& shards;
  PublishPolicy& policy;
  Random random;
  std::shared_ptr<HostContext> context;

  // Guarded by the context's lock.
  std::map<std::string, std::shared_ptr<StreamHost>, std::less<>> hosts;
  std::size_t next_shard = 0;
  bool stopping = false;
};

/// Why `name` can't be had now. Needs the lock.
ErrorCode Registry::Impl::refusal(const std::string& name, TimePoint now) const {
  if (stopping) return Errc::stopping;
  if (!is_stream_name(name)) return Errc::bad_name;
  if (const auto place = hosts.find(name); place != hosts.end()) {
    const auto claim = place->second->claim(now);
    if (claim == Life::Claim::refuse) return Errc::name_taken;
    if (claim != Life::Claim::replace) return {};
  }
  const auto going_on = std::ranges::count_if(hosts, [](const auto& each) { return !each.second->over(); });
  const bool full = static_cast<std::size_t>(going_on) >= context->settings.max_streams;
  return full ? ErrorCode{Errc::too_many_streams} : ErrorCode{};
}

/// Gives the name to the publisher behind `link`. Needs the lock.
Result<std::shared_ptr<StreamHost>> Registry::Impl::claim(const std::string& name,
                                                          const std::shared_ptr<Link>& link, TimePoint now) {
  if (const auto refused = refusal(name, now)) return refused;
  std::shared_ptr<StreamHost> host;
  const auto place = hosts.find(name);
  if (place == hosts.end()) {
    make_room();
    host = new_host(name, nullptr);
  } else {
    host = place->second;
    const auto claim = host->claim(now);
    if (claim == Life::Claim::take_over) context->counters.takeovers.add();
    if (claim == Life::Claim::go_on) context->counters.returns.add();
    if (claim == Life::Claim::replace) {
      host->request_close();
      // The same home, so that the outlet hears of the old show's end first.
      host = new_host(name, &host->home());
    }
  }
  host->give_to(link);
  context->counters.publications.add();
  return host;
}

std::shared_ptr<StreamHost> Registry::Impl::new_host(const std::string& name, asio::io_context* home) {
  if (home == nullptr) home = &shards.shard(next_shard++ % shards.size());
  auto host =
      std::make_shared<StreamHost>(context, *home, name, make_id(random()),
                                   [self = weak_from_this()](const std::shared_ptr<StreamHost>& removed) {
                                     if (const auto impl = self.lock()) impl->forget(removed);
                                   });
  hosts[name] = host;
  return host;
}

/// Ended streams stay for a while; when there are as many streams as may be, they make room for new ones.
void Registry::Impl::make_room() {
  if (hosts.size() < context->settings.max_streams) return;
  const auto over = std::ranges::find_if(hosts, [](const auto& each) { return each.second->over(); });
  if (over == hosts.end()) return;
  over->second->request_close();
  hosts.erase(over);
}

void Registry::Impl::forget(const std::shared_ptr<StreamHost>& host) {
  const std::lock_guard lock{context->mutex};
  const auto place = hosts.find(host->name());
  if (place != hosts.end() && place->second == host) hosts.erase(place);
}

Registry::Registry(runtime::ShardPool& shards, Settings settings, PublishPolicy& policy,
                   PipelineFactory make_pipeline, Outlet& outlet, Random random)
    : impl_{std::make_shared<Impl>(shards, std::move(settings), policy, std::move(make_pipeline), outlet,
                                   std::move(random))} {}

Registry::~Registry() {
  const std::lock_guard lock{impl_->context->mutex};
  impl_->stopping = true;
  impl_->hosts.clear();
}

ErrorCode Registry::check(const PublishRequest& request) {
  const auto answer = std::make_shared<std::optional<Result<std::string>>>();
  const auto answered = std::make_shared<std::mutex>();
  impl_->policy.authorize(request, [answer, answered](Result<std::string> given) {
    const std::lock_guard lock{*answered};
    *answer = std::move(given);
  });
  std::optional<Result<std::string>> name;
  {
    const std::lock_guard lock{*answered};
    name = *answer;
  }
  if (!name) return {};  // `publish` will tell
  if (!*name) return name->error();
  const std::lock_guard lock{impl_->context->mutex};
  return impl_->refusal(**name, Clock::now());
}

asio::awaitable<Result<std::unique_ptr<Publication>>> Registry::publish(PublishRequest request) {
  const auto impl = impl_;
  const auto executor = co_await asio::this_coro::executor;
  const auto name = co_await authorize(impl->policy, request);
  if (!name) {
    impl->context->counters.refused_for(name.error()).add();
    co_return name.error();
  }

  const auto now = Clock::now();
  const auto link =
      std::make_shared<Link>(executor, std::move(request), now, impl->context->counters.backlog_dropped);
  std::unique_lock lock{impl->context->mutex};
  const auto host = impl->claim(*name, link, now);
  lock.unlock();
  if (!host) {
    impl->context->counters.refused_for(host.error()).add();
    spdlog::info("stream={} publisher={} refused error={}", *name, log::value(link->request().peer),
                 log::value(host.error().message()));
    co_return host.error();
  }
  auto wake_home = [host = *host, link] { host->wake(link); };
  std::unique_ptr<Publication> publication =
      std::make_unique<LinkedPublication>(*name, link, std::move(wake_home));
  co_return publication;
}

asio::awaitable<void> Registry::stop() {
  const auto impl = impl_;
  std::vector<std::shared_ptr<StreamHost>> hosts;
  {
    const std::lock_guard lock{impl->context->mutex};
    impl->stopping = true;
    for (const auto& [name, host] : impl->hosts) {
      host->revoke(Errc::stopping);
      host->request_end();
      hosts.push_back(host);
    }
  }
  const auto deadline = Clock::now() + kStopWithin;
  for (const auto& host : hosts) {
    auto end = host->wait_for_end(deadline);
    co_await runtime::run_on(host->home(), std::move(end));
  }
  const std::lock_guard lock{impl->context->mutex};
  impl->hosts.clear();
}

void Registry::write_metrics(MetricsText& out) const {
  std::array<std::size_t, 4> states{};
  {
    const std::lock_guard lock{impl_->context->mutex};
    for (const auto& [name, host] : impl_->hosts) ++states[static_cast<std::size_t>(host->state())];
  }
  for (const auto state :
       {StreamState::starting, StreamState::live, StreamState::interrupted, StreamState::ended}) {
    out.gauge("levee_streams", "Streams by state; ended ones stay playable for a while.",
              static_cast<double>(states[static_cast<std::size_t>(state)]), {{"state", to_string(state)}});
  }
  write_counters(impl_->context->counters, out);
}

}  // namespace levee::stream
