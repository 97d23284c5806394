#pragma once

#include <cstddef>
#include <optional>

#include "levee/admission/giving_way.hpp"
#include "levee/admission/grant.hpp"
#include "levee/admission/load_meter.hpp"
#include "levee/admission/signals.hpp"
#include "levee/base/clock.hpp"

namespace levee::admission {

/// How careful the controller is. None of these is a capacity: that is measured. Few have a reason to change
/// one.
struct Settings {
  Limits limits;
  Duration late_floor =
      std::chrono::milliseconds{40};  ///< that much more lateness than usual is never too much
  double late_growth = 1.5;           ///< of the lateness that the audience explains: beyond, nobody comes in
  double late_share = 1.0;  ///< of the part target (at most a second of it): lateness that must not be
  Duration accept_limit = std::chrono::milliseconds{250};  ///< age of the accept queue
};

/// Decides how many newcomers a node may let in, and what gives way. One a node; `evaluate` every 50 to 100
/// ms.
///
/// Newcomers are let in, at most, at the rate
/// - at which viewers leave, and beside that
/// - at which what newcomers fetch at once, to fill their buffers, takes half of the room left;
/// - with those whose load does not show yet never taking more than half of the room: a wrong estimate is
///   corrected before it can do harm, and the room is filled all the same, in a few steps.
/// This is cut in proportion as deliveries get later than so many viewers explain, and halved again and again
/// while deliveries or event loops are later than they may be; it comes back little by little.
/// While deliveries are far too late, and while incumbents come back in numbers, nobody comes in, not even
/// who was promised it (`Grant::hold`). docs/architecture.md ("How a viewer is let in") has the why.
///
/// Thread: one at a time. Time: passed in; a gap (a stopped process) is taken as one long period.
class Controller {
 public:
  /// `shards`: the number of gates that a grant goes to.
  explicit Controller(std::size_t shards, Settings settings = {});

  /// Takes what was measured since the last call, and decides anew.
  Grant evaluate(const Signals& signals, TimePoint now);

  /// Load as a share of what can be carried, as the last evaluation saw it; 1: full. Can be above.
  double load() const { return meter_.load(); }
  /// How late things are against what must not be; above 1 is too much.
  double pressure() const { return pressure_; }

 private:
  void judge(const Signals& signals, double seconds);
  bool coming_back(const Signals& signals, double seconds, TimePoint now);
  double rate() const;
  double room() const;
  double growth() const;
  double replaced() const;
  Duration hold(bool reconnecting, TimePoint now);
  Forecast forecast(double rate_now, Duration hold, double seconds);
  Grant grant(bool reconnecting, double seconds, TimePoint now);

  Settings settings_;
  double shards_;
  LoadMeter meter_;
  GivingWay giving_way_;
  std::optional<TimePoint> last_;
  double pressure_ = 0;
  double late_pressure_ = 0;
  double since_part_ = 0;  // seconds since deliveries were last measured
  double usual_late_ = 0;  // seconds that deliveries would be late, as they have been, at a load of 1
  double on_the_way_ = 0;  // newcomers that have a credit and are not back yet
  bool too_late_ = false;  // deliveries are so late that nobody may come in
  double calm_ = 1;        // 1: deliveries are as late as usual; 0: as late as they may become
  double trim_ = 1;        // of the rate: what halving has left of it
  double pace_ = 0.5;      // of the rate that the room would allow: what is reached, averaged
  double since_cut_ = 1;   // seconds
  double returning_ = 0;   // incumbents a second that come on new connections
  std::optional<TimePoint> storm_;
  std::optional<TimePoint> closed_since_;  // to everybody
};

}  // namespace levee::admission
