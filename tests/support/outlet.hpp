#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "levee/stream/stream_view.hpp"

namespace levee::test {

/// Remembers the newest view of each stream. Thread: any.
class RecordingOutlet final : public stream::Outlet {
 public:
  void updated(std::shared_ptr<const stream::StreamView> view, std::string_view changed) override {
    const std::lock_guard lock{mutex_};
    changed_.emplace_back(changed);
    views_[view->name] = std::move(view);
    news_.notify_all();
  }

  void removed(const std::string& name) override {
    const std::lock_guard lock{mutex_};
    views_.erase(name);
    ++removals_;
    news_.notify_all();
  }

  std::shared_ptr<const stream::StreamView> view(const std::string& name) const {
    const std::lock_guard lock{mutex_};
    const auto place = views_.find(name);
    return place != views_.end() ? place->second : nullptr;
  }

  /// Waits, for other threads' sake, until `condition` holds for the stream's view (null: it is not there).
  template <class Condition>
  bool wait_for(const std::string& name, Condition condition) const {
    std::unique_lock lock{mutex_};
    return news_.wait_for(lock, std::chrono::seconds{10}, [&] {
      const auto place = views_.find(name);
      return condition(place != views_.end() ? place->second : nullptr);
    });
  }

  std::vector<std::string> changes() const {
    const std::lock_guard lock{mutex_};
    return changed_;
  }
  int removals() const {
    const std::lock_guard lock{mutex_};
    return removals_;
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable news_;
  std::map<std::string, std::shared_ptr<const stream::StreamView>> views_;
  std::vector<std::string> changed_;
  int removals_ = 0;
};

}  // namespace levee::test
