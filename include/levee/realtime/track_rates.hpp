#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "levee/base/clock.hpp"
#include "levee/realtime/track_fix.hpp"

namespace levee::realtime {

/// The table of how often devices report. The configuration's `track` section.
struct TrackRates {
  double error_m = 20;                               ///< held while somebody watches
  Duration fastest = std::chrono::seconds{1};        ///< while moving
  Duration slowest = std::chrono::seconds{30};       ///< while moving
  double turn_deg = 20;                              ///< reported at once
  double near_m = 150;                               ///< of a checkpoint's edge; or
  Duration near_time = std::chrono::seconds{20};     ///< away from it at the present speed: then
  double near_error_m = 15;                          ///< is held, while somebody watches, and reported
  Duration near_interval = std::chrono::seconds{1};  ///< this often at most
  Duration still = std::chrono::seconds{20};         ///< before a device is parked
  Duration parked = std::chrono::seconds{300};
  double unwatched_factor = 4;                          ///< on the errors, while nobody watches
  double low_battery = 20;                              ///< percent; below it
  double low_battery_factor = 3;                        ///< on every interval
  double flat_battery = 10;                             ///< percent; below it only
  double flat_error_m = 500;                            ///< such a move is worth a report
  Duration slow_down_after = std::chrono::seconds{30};  ///< of wanting less; more is wanted at once
};

/// A place where more is wanted to be known. `group` is the track's name; empty: any.
struct Checkpoint {
  std::string group;
  std::string name;
  Place place;
  double radius_m = 50;
};

/// Why a device reports as often as it does.
enum class RateReason : std::uint8_t { moving, started, checkpoint, parked, battery, watched, unwatched };
std::string_view to_string(RateReason reason);

/// What a device is told in the answer to each report.
struct RateDirective {
  Duration next{};  ///< report again after this
  RateReason why = RateReason::moving;
  double error_m = 0;  ///< the law: interval = error_m / speed, between:
  Duration fastest{};
  Duration slowest{};
  double turn_deg = 0;
  Duration still{};
  Duration parked{};
  const Checkpoint* near = nullptr;  ///< the closest checkpoint. Lifetime: that of the list given
  double near_reach_m = 0;           ///< from its centre: within it
  double near_error_m = 0;           ///< takes the place of `error_m`,
  Duration near_interval{};          ///< and this that of `fastest`
};

/// What is known of a device when it reports.
struct RateInputs {
  Place place;
  double speed_mps = 0;
  Motion motion = Motion::moving;
  std::optional<double> battery_percent;
  bool watched = false;  ///< somebody looks at the group
};

/// What is remembered of a device between its reports.
struct RateMemory {
  Motion motion = Motion::moving;
  bool watched = false;
  Duration next{};        ///< as told last; zero: nothing was
  TimePoint wanted_at{};  ///< when it was last as short as that
};

/// The rate policy: how often a device reports, and why. A shorter interval holds at once, a longer one when
/// nothing shorter was wanted for `slow_down_after`. Time: pure.
RateDirective direct(const TrackRates& table, const std::vector<Checkpoint>& checkpoints,
                     const RateInputs& inputs, RateMemory& memory, TimePoint now);

}  // namespace levee::realtime
