#include "levee/delivery/catalog.hpp"

#include <algorithm>

#include <boost/asio/post.hpp>

namespace levee::delivery {
namespace {

/// How many parked requests are woken at a time: each costs some 10 us to answer, and brings two more
/// requests.
constexpr std::size_t kWakeChunk = 16;

}  // namespace

Catalog::Catalog(runtime::ShardPool& shards, std::size_t max_parked) : shards_{shards} {
  const std::size_t share = std::max<std::size_t>(max_parked / shards.size(), 1);
  for (std::size_t i = 0; i < shards.size(); ++i)
    releases_.push_back(std::make_shared<Release>(shards_.shard(i), share));
}

void Catalog::updated(std::shared_ptr<const stream::StreamView> view, std::string_view changed) {
  std::shared_ptr<const PreparedStream> previous;
  {
    const std::lock_guard lock{mutex_};
    previous = prepared_[view->name];
  }
  auto prepared = prepare(std::move(view), previous.get(), Clock::now());
  {
    const std::lock_guard lock{mutex_};
    prepared_[prepared->view->name] = prepared;
  }
  for (std::size_t i = 0; i < releases_.size(); ++i) {
    boost::asio::post(shards_.shard(i), [here = releases_[i], prepared, changed = std::string{changed}] {
      here->shelf.put(prepared, changed);
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

void Catalog::release(const std::shared_ptr<Release>& release) {
  if (release->under_way) return;
  release->under_way = release->shelf.wake_some(kWakeChunk);
  if (!release->under_way) return;
  release->line.async_reach_end([release](const boost::system::error_code& error) {
    release->under_way = false;
    if (!error) Catalog::release(release);
  });
}

}  // namespace levee::delivery
