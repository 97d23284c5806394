#include "levee/delivery/catalog.hpp"

#include <algorithm>

#include <boost/asio/post.hpp>

namespace levee::delivery {
namespace {

/// How many parked requests are woken before the shard turns to other work: each costs some 10 us to answer.
constexpr std::size_t kWakeChunk = 32;

void wake_in_chunks(boost::asio::io_context& shard, std::shared_ptr<Shelf> shelf) {
  if (!shelf->wake_some(kWakeChunk)) return;
  boost::asio::post(
      shard, [&shard, shelf = std::move(shelf)]() mutable { wake_in_chunks(shard, std::move(shelf)); });
}

}  // namespace

Catalog::Catalog(runtime::ShardPool& shards, std::size_t max_parked) : shards_{shards} {
  const std::size_t share = std::max<std::size_t>(max_parked / shards.size(), 1);
  for (std::size_t i = 0; i < shards.size(); ++i) shelves_.push_back(std::make_shared<Shelf>(share));
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
  for (std::size_t i = 0; i < shelves_.size(); ++i) {
    auto& shard = shards_.shard(i);
    boost::asio::post(shard, [&shard, shelf = shelves_[i], prepared, changed = std::string{changed}] {
      shelf->put(prepared, changed);
      wake_in_chunks(shard, shelf);
    });
  }
}

void Catalog::removed(const std::string& name) {
  {
    const std::lock_guard lock{mutex_};
    prepared_.erase(name);
  }
  for (std::size_t i = 0; i < shelves_.size(); ++i) {
    auto& shard = shards_.shard(i);
    boost::asio::post(shard, [&shard, shelf = shelves_[i], name] {
      shelf->remove(name);
      wake_in_chunks(shard, shelf);
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

void Catalog::wake_ready(std::size_t index) { wake_in_chunks(shards_.shard(index), shelves_[index]); }

}  // namespace levee::delivery
