#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "levee/realtime/track_law.hpp"
#include "levee/realtime/track_rates.hpp"

#include "support/track/track_traces.hpp"

namespace levee::test {

/// How a device decides to report. One object a device; called once a second.
class ReportPolicy {
 public:
  virtual ~ReportPolicy() = default;
  /// Takes the receiver's fix, or nothing in the shade. A report to make now, with the promise it carries
  /// (zero: none).
  virtual std::optional<realtime::DueReport> second(const realtime::DeviceFix* fix, TimePoint now) = 0;
  /// The server's answer to a report that got through.
  virtual void answer(const realtime::RateDirective&) {}
  /// Whether the receiver was on in this second.
  virtual bool receiver_on() const = 0;
};

using PolicyMaker = std::function<std::unique_ptr<ReportPolicy>()>;

/// Reports every `interval`. The receiver is on all the time, or for 10 s before each report if that is less.
PolicyMaker fixed_interval(Duration interval);
/// The strongest simple rule: after 300 s, 75 m or a turn of 30 degrees, whichever comes first.
PolicyMaker distance_rule();
/// The law of realtime::TrackLaw.
PolicyMaker adaptive();

/// What a policy came to.
struct TrackFigures {
  double reports_per_hour = 0;
  double reports_per_hour_moving = 0;
  double milliwatts = 0;   ///< receiver and radio, see `run_traces`
  double error_p50_m = 0;  ///< of the shown position, while moving
  double error_p95_m = 0;
  double error_max_m = 0;
  double checkpoint_p95_m = 0;  ///< while moving within 100 m of a checkpoint
  double stop_seen_p95_s = 0;   ///< from standing still to the first fix made there that arrived
  double stop_seen_max_s = 0;
  double promises_broken = 0;  ///< share of those made with the network there and due before it went
  double outside_while_live =
      0;                      ///< share of the time shown `live` in which it was outside its circle by 15 m
  double outside_at_all = 0;  ///< the same in any state
};

/// Runs one device a trace, a second at a time, with the server's policy `table` answering each report, and
/// measures what a viewer saw.
///
/// The network takes 0.3 s, so that a report shows in the next second. While it is away reports are kept;
/// when it is back the newest goes first, and the rest never become the present. Whoever makes no promise is
/// shown by the one for none (realtime::kUnpromised).
/// Battery: the receiver 350 mW while on; a report 1000 mW for 0.5 s and a tail of the radio, 300 mW for up
/// to 5 s or until the next report.
TrackFigures run_traces(const std::vector<Trace>& traces, const PolicyMaker& make,
                        const realtime::TrackRates& table, bool watched);

}  // namespace levee::test
