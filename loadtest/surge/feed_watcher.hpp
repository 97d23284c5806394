#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "surge/feed_publisher.hpp"
#include "surge/keyed_watcher.hpp"

namespace levee::surge {

/// One client that watches a feed, shows of it what the protocol lets it show, and may act on that. What it
/// shows is compared with what the publisher said, on one clock.
///
/// Lifetime: what is given outlives it. Thread: the network's.
class FeedWatcher final : public KeyedWatcher<FeedReport> {
 public:
  FeedWatcher(Network& network, const RealtimePlace& place, FeedReport& report, Feed& feed,
              const FeedClients& settings, KeyedFrames& frames, std::uint32_t seed);

  /// Acts: on what it sees live, and on what it knows to be old, in turn.
  void act(TimePoint now);

 private:
  std::string wanted() const override { return view().wanted(feed_.channel); }
  void heard(std::string_view text, TimePoint now) override;
  void gone(TimePoint now) override;
  void take_news(const KeyedFrame& frame, TimePoint now) override;
  void judge(TimePoint now) override;

  void answered(std::string_view text);
  void send_act(std::size_t key, KeyedVersion seen, bool stale);
  bool ours(const KeyedView::Held& held) const { return held.version.epoch == feed_.epoch; }

  Feed& feed_;
  const FeedClients& settings_;
  KeyedFrames& frames_;
  std::vector<KeyedVersion> before_;    ///< what it saw of each key some time before the present
  std::map<std::uint64_t, bool> acts_;  ///< that wait for their answers: whether on what was old
  std::uint64_t request_ = 0;
  std::size_t next_key_ = 0;
  TimePoint told_{};  ///< of this loss of the publisher
};

}  // namespace levee::surge
