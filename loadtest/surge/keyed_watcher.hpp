#pragma once

#include <cstddef>
#include <cstdint>

#include "surge/keyed_frame.hpp"
#include "surge/keyed_view.hpp"
#include "surge/realtime_client.hpp"
#include "surge/realtime_timeline.hpp"

namespace levee::surge {

/// One client that watches a channel of keys: it holds what it is told of them, counts what no server may do,
/// and asks anew where something is missing. What is news, and what may be shown, is its subclass's.
/// `Report`: FeedReport or TrackReport.
///
/// Lifetime: what is given outlives it. Thread: the network's.
template <class Report>
class KeyedWatcher : public RealtimeClient {
 public:
  KeyedWatcher(Network& network, const RealtimePlace& place, Report& report, std::size_t keys,
               std::uint32_t seed)
      : RealtimeClient{network, place, report, seed}, report_{report}, view_{keys} {}

  void write_to(RealtimeTimeline& timeline) { timeline_ = &timeline; }

  /// Looks at what it shows, and judges it. Call once a second.
  void look(TimePoint now) {
    if (!open()) return;
    if (!view_.check(now)) {
      view_.faults().add_news_to(report_, noted_);
      subscribe_again();
    }
    judge(now);
  }

 protected:
  /// Takes what the server said of the channel.
  void take(const KeyedFrame& frame, TimePoint now) {
    const bool was_synced = view_.synced();
    const bool whole = view_.take(frame, life(), now);
    view_.faults().add_news_to(report_, noted_);
    take_news(frame, now);
    if (!whole) subscribe_again();
    if (!was_synced && view_.synced()) caught_up(now);
  }
  /// The values that `frame` brought are in `view().news()`.
  virtual void take_news(const KeyedFrame& frame, TimePoint now) = 0;
  /// Compares what it shows with what is so.
  virtual void judge(TimePoint now) = 0;
  void welcomed(TimePoint) override {}
  void gone(TimePoint) override { view_.lost(); }

  Report& report() { return report_; }
  const KeyedView& view() const { return view_; }
  /// A value of this watcher's reached it `time` after it was due.
  void delivered(Duration time, TimePoint now) {
    report_.delivery.record(time);
    timeline_->delivered(time, now);
  }

 private:
  Report& report_;
  KeyedView view_;
  KeyedView::Faults noted_;
  RealtimeTimeline* timeline_ = nullptr;
};

}  // namespace levee::surge
