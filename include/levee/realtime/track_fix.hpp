#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "levee/base/clock.hpp"

namespace levee::realtime {

/// A place on Earth (WGS 84). Units: degrees.
struct Place {
  double latitude = 0;
  double longitude = 0;
  bool operator==(const Place&) const = default;
};

/// How far apart two places are, in metres, on a sphere of the mean radius: wrong by 0.5 % at most.
double distance_m(const Place& a, const Place& b);

/// The smaller angle between two headings. Units: degrees, 0 to 180.
double turn_deg(double from, double to);

/// What a device says about how it moves.
enum class Motion : std::uint8_t { moving, slow, parked };

/// Where a fix comes from.
enum class FixSource : std::uint8_t { gps, net, mock };

/// One report of a device. Units: as the names say.
struct TrackFix {
  std::uint64_t seq = 0;
  std::int64_t time_ms = 0;  ///< of the fix, not of the report; Unix time
  Place place;
  double accuracy_m = 0;
  double speed_mps = 0;
  std::optional<double> heading_deg;
  std::optional<double> battery_percent;
  Motion motion = Motion::moving;
  FixSource source = FixSource::gps;
  std::chrono::milliseconds next{0};  ///< the promise: another report comes within this time; 0: none is made
};

/// How a position is to be shown.
enum class FixState : std::uint8_t {
  live,   ///< within the promise
  aging,  ///< past it, and less than once more plus 10 s
  stale,  ///< silent for longer than that: nobody knows
};

/// Judges silence by the promise that came with the last fix. Without a promise a fix is live for
/// kUnpromised.
FixState fix_state(Duration age, Duration promise);
inline constexpr Duration kUnpromised = std::chrono::seconds{60};
inline constexpr Duration kAgingSlack = std::chrono::seconds{10};

/// How far from the fix the device may be by now: the accuracy, what it may have moved at its speed, and,
/// past the promise, a walk besides. Never falls with age. Units: metres.
double uncertainty_m(const TrackFix& fix, Duration age);
/// Of someone who left without a word. Units: m/s.
inline constexpr double kWalkMps = 1.5;

std::string_view to_string(FixState state);
std::string_view to_string(Motion motion);
std::string_view to_string(FixSource source);
/// Nothing when it is none.
std::optional<Motion> motion_of(std::string_view text);
std::optional<FixSource> fix_source_of(std::string_view text);

/// A fix as the value of a key: `{"lat","lon","acc","spd","hdg","bat","m"}`, what is unknown left out.
std::string encode_fix(const TrackFix& fix);

}  // namespace levee::realtime
