#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include "levee/delivery/release_fronts.hpp"
#include "levee/delivery/shelf.hpp"
#include "levee/runtime/ready_line.hpp"
#include "levee/runtime/shard.hpp"
#include "levee/stream/stream_view.hpp"

namespace levee::delivery {

/// Brings every change of every stream to every shard: prepared once, on the stream's home shard, then posted
/// as an immutable snapshot. Each shard swaps it in and wakes the requests that waited for it, some at
/// a time: the next ones when all that were ready by then, those who have just been answered among them, have
/// had their turn (`runtime::ReadyLine`). So the release goes as fast as the shard can serve what it brings,
/// and not faster than on the other shards (`ReleaseFronts`).
///
/// Thread: `updated` and `removed` on any; a shelf only on its shard, which must outlive the catalog's use.
class Catalog : public stream::Outlet {
 public:
  /// `max_parked` requests may wait in all; each shard takes its share.
  /// Lifetime: `shards` outlives it.
  Catalog(runtime::ShardPool& shards, std::size_t max_parked);

  void updated(std::shared_ptr<const stream::StreamView> view, std::string_view changed) override;
  void removed(const std::string& name) override;

  /// What is live, by name. Thread: any.
  std::vector<std::shared_ptr<const PreparedStream>> all() const;

  /// What shard `index` knows. Thread: that shard, or any before the shards start.
  Shelf& shelf(std::size_t index) { return releases_[index]->shelf; }

  /// Wakes those who are ready on shard `index`, in chunks. Thread: that shard.
  void wake_ready(std::size_t index);

 private:
  /// The shelf of a shard, and the release of those on it who are ready.
  struct Release {
    Release(boost::asio::io_context& io, std::size_t number, std::shared_ptr<ReleaseFronts> all,
            std::size_t max_parked)
        : shard{number}, fronts{std::move(all)}, shelf{max_parked}, line{io}, pause{io} {}
    std::size_t shard;
    std::shared_ptr<ReleaseFronts> fronts;
    Shelf shelf;
    runtime::ReadyLine line;
    boost::asio::steady_timer pause;
    bool under_way = false;
  };

  static void release(const std::shared_ptr<Release>& release);
  /// Puts `release` under way; what this gives is to be called when it may go on.
  static auto go_on(const std::shared_ptr<Release>& release);

  runtime::ShardPool& shards_;
  std::vector<std::shared_ptr<Release>> releases_;  ///< shared with what is posted
  mutable std::mutex mutex_;  ///< guards what follows; held for a look-up, never while something is prepared
  std::map<std::string, std::shared_ptr<const PreparedStream>> prepared_;
  std::uint64_t changes_ = 0;  ///< of all streams
};

}  // namespace levee::delivery
