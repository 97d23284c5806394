#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "levee/delivery/viewer_count.hpp"
#include "levee/realtime/bus.hpp"
#include "levee/stream/stream_view.hpp"

namespace levee::app {

/// Tells the realtime layer what becomes of each stream: its state on `status:NAME`, its viewers on
/// `count:NAME`. Hands everything on to the outlet that serves the media.
///
/// A bus that is away drops values, so what is so is said again every `kRepeat` counts (once a second each).
/// Lifetime: `next` and `bus` outlive it. Thread: any.
class StreamStatus final : public stream::Outlet {
 public:
  static constexpr unsigned kRepeat = 10;

  StreamStatus(stream::Outlet& next, realtime::Bus& bus) : next_{next}, bus_{bus} {}

  void updated(std::shared_ptr<const stream::StreamView> view, std::string_view changed) override;
  void removed(const std::string& name) override;

  /// The viewers of every stream on this node. `now_ms` is Unix time.
  void count(const std::vector<delivery::ViewerCount>& counts, std::int64_t now_ms);

 private:
  void say(const std::string& name, stream::StreamState state, std::int64_t now_ms);

  stream::Outlet& next_;
  realtime::Bus& bus_;
  std::mutex mutex_;  ///< guards what follows; held for look-ups only
  std::map<std::string, stream::StreamState> states_;
  unsigned counted_ = 0;
};

}  // namespace levee::app
