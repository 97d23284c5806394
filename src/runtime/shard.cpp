#include "levee/runtime/shard.hpp"

#include <algorithm>
#include <csignal>
#include <pthread.h>
#include <string>

namespace levee::runtime {

ShardPool::ShardPool(std::size_t count) {
  for (std::size_t i = 0; i < std::max<std::size_t>(count, 1); ++i)
    shards_.push_back(std::make_unique<Shard>());
}

ShardPool::~ShardPool() { stop(); }

void ShardPool::start() {
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    shards_[i]->thread = std::thread{[&context = shards_[i]->context, i] {
      sigset_t all;
      sigfillset(&all);
      pthread_sigmask(SIG_BLOCK, &all, nullptr);
      pthread_setname_np(pthread_self(), ("shard-" + std::to_string(i)).c_str());
      context.run();
    }};
  }
}

void ShardPool::stop() {
  for (auto& shard : shards_) {
    shard->work.reset();
    shard->context.stop();
  }
  for (auto& shard : shards_) {
    if (shard->thread.joinable()) shard->thread.join();
  }
}

}  // namespace levee::runtime
