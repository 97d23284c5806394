#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "surge/keyed_watcher.hpp"
#include "surge/track_device.hpp"

namespace levee::surge {

using DeviceTruths = std::vector<std::unique_ptr<DeviceTruth>>;

/// One client that watches a group of devices. How it shows each of them is compared with what that device
/// said, on one clock.
///
/// Lifetime: what is given outlives it. Thread: the network's.
class TrackWatcher final : public KeyedWatcher<TrackReport> {
 public:
  /// `first`: number of the first of `truths`; the group may have others.
  TrackWatcher(Network& network, const RealtimePlace& place, TrackReport& report, DeviceTruths& truths,
               std::size_t first, const TrackClients& settings, KeyedFrames& frames, std::uint32_t seed);

 private:
  std::string wanted() const override { return view().wanted(settings_.channel); }
  void heard(std::string_view text, TimePoint now) override { take(frames_.read(text), now); }
  void take_news(const KeyedFrame& frame, TimePoint now) override;
  void judge(TimePoint now) override;

  void judge_device(std::size_t key, TimePoint now);
  DeviceState shown(std::size_t key, TimePoint now) const;
  DeviceTruth* truth_of(std::size_t key);

  DeviceTruths& truths_;
  std::size_t first_;
  const TrackClients& settings_;
  KeyedFrames& frames_;
  std::size_t next_key_ = 0;
};

}  // namespace levee::surge
