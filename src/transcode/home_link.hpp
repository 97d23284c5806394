#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "levee/hls/pipeline.hpp"

namespace levee::transcode {

/// An encoder thread's way to its stream's home shard, until the pipeline closes it: what was posted and has
/// not run by then does not run, and what is posted later goes nowhere.
///
/// Thread: `post` any; the rest home.
class HomeLink : public std::enable_shared_from_this<HomeLink> {
 public:
  /// Lifetime: `sink` lives until `close`.
  HomeLink(hls::PostHome post_home, hls::PartSink& sink) : post_home_{std::move(post_home)}, sink_{sink} {}

  void post(std::function<void(hls::PartSink&)> work) {
    // Under the lock: once `close` returned, nobody is inside post_home_.
    const std::lock_guard lock{mutex_};
    if (closed_) return;
    post_home_([self = shared_from_this(), work = std::move(work)] {
      if (!self->closed()) work(self->sink_);
    });
  }

  void close() {
    const std::lock_guard lock{mutex_};
    closed_ = true;
  }

 private:
  bool closed() const {
    const std::lock_guard lock{mutex_};
    return closed_;
  }

  mutable std::mutex mutex_;
  bool closed_ = false;
  hls::PostHome post_home_;
  hls::PartSink& sink_;
};

}  // namespace levee::transcode
