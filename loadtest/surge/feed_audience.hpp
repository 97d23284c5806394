#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "surge/feed_publisher.hpp"
#include "surge/feed_watcher.hpp"

namespace levee::surge {

/// Which feeds there are, and how many clients this process plays.
struct FeedPlan {
  RealtimePlace place;
  FeedClients settings;     ///< this process's share
  std::uint32_t agent = 0;  ///< its feeds are its own: their truth is here alone
  std::uint32_t first = 0;  ///< number of its first feed
};

/// Publishers of feeds, and those who watch them. What watchers show as live is judged by what the publishers
/// said, on one clock; some of them act, also on what they know to be old.
///
/// Lifetime: longer than the io_context runs handlers; what is given outlives it. Thread: the network's.
class FeedAudience final : private WheelTimer {
 public:
  FeedAudience(Network& network, FeedReport& report, FeedPlan plan);

  /// Publishers come first, watchers evenly over `within` from `begin` on.
  void start(TimePoint begin, Duration within, RealtimeTimeline timeline);
  /// From now on publishers lose their connections and watchers stop reading, as often as they are to.
  void disturb(TimePoint now);
  /// Every connection breaks off at once.
  void drop(TimePoint now);
  /// Call once a second.
  void look(TimePoint now);

 private:
  void fire(TimePoint due, TimePoint now) override;
  std::uint64_t wrong() const;
  std::size_t share(double of) const;

  Network& network_;
  FeedReport& report_;
  FeedPlan plan_;
  KeyedFrames frames_;
  std::optional<RealtimeTimeline> timeline_;
  std::vector<std::unique_ptr<Feed>> feeds_;
  std::vector<std::unique_ptr<FeedPublisher>> publishers_;
  std::vector<std::unique_ptr<FeedWatcher>> watchers_;
  std::size_t next_acting_ = 0;
  TimePoint next_blink_ = TimePoint::max();
  TimePoint next_sleep_ = TimePoint::max();
};

/// The feeds that a scenario asks for; no watchers when it asks for none. Errors: those of the URL.
Result<FeedPlan> plan_feed(const Scenario& scenario);

}  // namespace levee::surge
