#pragma once

#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

namespace levee::runtime {

/// The io threads of the process: one io_context and one thread a core (a *shard*). A connection lives and
/// dies on one shard, so its state needs no lock.
class ShardPool {
 public:
  /// `count` shards, at least one. Threads start with `start`.
  explicit ShardPool(std::size_t count);
  /// Stops and joins.
  ~ShardPool();
  ShardPool(const ShardPool&) = delete;
  ShardPool& operator=(const ShardPool&) = delete;

  std::size_t size() const { return shards_.size(); }
  boost::asio::io_context& shard(std::size_t index) { return shards_[index]->context; }

  /// Runs each context on its thread until `stop`. Signals are blocked in these threads; the main one takes
  /// them.
  void start();
  /// Stops the contexts and joins the threads. Call when all tasks have ended. Thread: the one that called
  /// `start`.
  void stop();

 private:
  struct Shard {
    Shard() : context{1}, work{boost::asio::make_work_guard(context)} {}
    boost::asio::io_context context;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work;
    std::thread thread;
  };

  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace levee::runtime
