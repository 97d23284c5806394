#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "surge/keyed_frame.hpp"
#include "surge/keyed_view.hpp"
#include "surge/realtime_timeline.hpp"
#include "surge/track_device.hpp"

namespace levee::surge {

using DeviceTruths = std::vector<std::unique_ptr<DeviceTruth>>;

/// One client that watches a group of devices. How it shows each of them is compared with what that device
/// said, on one clock.
///
/// Lifetime: what is given outlives it. Thread: the network's.
class TrackWatcher final : public RealtimeClient {
 public:
  /// `first`: number of the first of `truths`; the group may have others.
  TrackWatcher(Network& network, const RealtimePlace& place, TrackReport& report, DeviceTruths& truths,
               std::size_t first, const TrackClients& settings, KeyedFrames& frames, std::uint32_t seed);

  void write_to(RealtimeTimeline& timeline) { timeline_ = &timeline; }
  /// Looks at what it shows, and judges it. Call once a second.
  void look(TimePoint now);

 private:
  std::string wanted() const override { return view_.wanted(settings_.channel); }
  void welcomed(TimePoint) override {}
  void heard(std::string_view text, TimePoint now) override;
  void gone(TimePoint) override { view_.lost(); }

  void take_news(TimePoint now);
  void judge(std::size_t key, TimePoint now);
  DeviceState shown(std::size_t key, TimePoint now) const;
  DeviceTruth* truth_of(std::size_t key);

  TrackReport& report_;
  DeviceTruths& truths_;
  std::size_t first_;
  const TrackClients& settings_;
  KeyedFrames& frames_;
  KeyedView view_;
  KeyedView::Faults noted_;
  RealtimeTimeline* timeline_ = nullptr;
  std::size_t next_key_ = 0;
};

}  // namespace levee::surge
