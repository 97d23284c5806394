#pragma once

#include <optional>

#include "levee/base/clock.hpp"
#include "levee/realtime/track_fix.hpp"
#include "levee/realtime/track_rates.hpp"

namespace levee::realtime {

/// What a device's receiver says, about once a second.
struct DeviceFix {
  Place place;
  double accuracy_m = 0;
  double speed_mps = 0;
  double heading_deg = 0;
};

/// A report that is to be made now.
struct DueReport {
  Motion motion = Motion::moving;
  Duration promise{};  ///< the next one comes within it
};

/// The device's half of the rate policy, as docs/protocol.md describes it: decides at each fix whether to
/// report, by the law that the server's last answer set. The reference for reporters in other languages, and
/// what the simulated devices run.
///
/// Between reports the device moves at most `error_m`, turns less than `turn_deg`, and starts and stops
/// without being seen for moments only; a promise is always kept by a report, whether or not there is news.
/// Time: pure; `now` is the device's monotonic clock.
class TrackLaw {
 public:
  explicit TrackLaw(RateDirective directive) : directive_{directive} {}

  /// The server's answer to a report.
  void set(const RateDirective& directive) { directive_ = directive; }

  /// Takes a fix; nothing when there is nothing to report yet.
  std::optional<DueReport> take(const DeviceFix& fix, TimePoint now);
  /// The receiver has no fix. A report that is due by promise repeats the last place.
  std::optional<DueReport> take_nothing(TimePoint now);

  bool parked() const { return parked_; }

 private:
  bool update_motion(const DeviceFix& fix, TimePoint now);
  bool has_news(const DeviceFix& fix, TimePoint now) const;
  Duration interval(const DeviceFix& fix) const;
  DueReport report(const DeviceFix& fix, TimePoint now);

  RateDirective directive_;
  bool parked_ = false;
  std::optional<TimePoint> still_since_;
  std::optional<DeviceFix> reported_;
  TimePoint reported_at_{};
  Duration promise_{};
};

}  // namespace levee::realtime
