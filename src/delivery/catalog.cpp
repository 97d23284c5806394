#include "levee/delivery/catalog.hpp"

#include <algorithm>

#include <boost/asio/post.hpp>

#include "levee/runtime/yield_core.hpp"

namespace levee::delivery {
namespace {

/// How many parked requests are woken at a time: each costs some 10 us to answer, and brings two more
/// requests.
constexpr std::size_t kWakeChunk = 16;
/// Until a shard that is ahead of others asks again whether they have come on.
constexpr Duration kPause = std::chrono::microseconds{500};

}  // namespace

Catalog::Catalog(runtime::ShardPool& shards, std::size_t max_parked) : shards_{shards} {
  const std::size_t share = std::max<std::size_t>(max_parked / shards.size(), 1);
  const auto fronts = std::make_shared<ReleaseFronts>(shards.size());
  for (std::size_t i = 0; i < shards.size(); ++i)
    releases_.push_back(std::make_shared<Release>(shards_.shard(i), i, fronts, share));
}

void Catalog::updated(std::shared_ptr<const stream::StreamView> view, std::string_view changed) {
  std::shared_ptr<const PreparedStream> previous;
  {
    const std::lock_guard lock{mutex_};
    previous = prepared_[view->name];
  }
  auto prepared = prepare(std::move(view), previous.get(), Clock::now());
  std::uint64_t change = 0;
  {
    const std::lock_guard lock{mutex_};
    prepared_[prepared->view->name] = prepared;
    change = ++changes_;
  }
  for (std::size_t i = 0; i < releases_.size(); ++i) {
    boost::asio::post(shards_.shard(i),
                      [here = releases_[i], prepared, changed = std::string{changed}, change] {
                        here->shelf.put(prepared, changed, change);
                        release(here);
                      });
  }
}

void Catalog::removed(const std::string& name) {
  {
    const std::lock_guard lock{mutex_};
    prepared_.erase(name);
  }
  for (std::size_t i = 0; i < releases_.size(); ++i) {
    boost::asio::post(shards_.shard(i), [here = releases_[i], name] {
      here->shelf.remove(name);
      release(here);
    });
  }
}

std::vector<std::shared_ptr<const PreparedStream>> Catalog::all() const {
  const std::lock_guard lock{mutex_};
  std::vector<std::shared_ptr<const PreparedStream>> out;
  out.reserve(prepared_.size());
  for (const auto& [name, stream] : prepared_) {
    if (stream) out.push_back(stream);
  }
  return out;
}

void Catalog::wake_ready(std::size_t index) { release(releases_[index]); }

auto Catalog::go_on(const std::shared_ptr<Release>& release) {
  release->under_way = true;
  return [release](const boost::system::error_code& error) {
    release->under_way = false;
    if (error) return;
    runtime::yield_core();
    Catalog::release(release);
  };
}

void Catalog::release(const std::shared_ptr<Release>& release) {
  if (release->under_way) return;
  const auto front = release->shelf.front();
  if (front && !release->fronts->may_wake(release->shard, *front, release->shelf.order(), Clock::now())) {
    release->pause.expires_after(kPause);
    release->pause.async_wait(go_on(release));
    return;
  }
  if (release->shelf.wake_some(kWakeChunk)) {
    release->line.async_reach_end(go_on(release));
  } else {
    release->fronts->rest(release->shard);
  }
}

}  // namespace levee::delivery
