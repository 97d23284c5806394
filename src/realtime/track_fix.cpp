#include "levee/realtime/track_fix.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <spdlog/fmt/fmt.h>

namespace levee::realtime {
namespace {

constexpr double kEarthRadiusM = 6'371'008.8;  // mean radius, IUGG

double radians(double degrees) { return degrees * std::numbers::pi / 180; }

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

double distance_m(const Place& a, const Place& b) {
  // Haversine: keeps its precision for points close together.
  const double lat = std::sin(radians(b.latitude - a.latitude) / 2);
  const double lon = std::sin(radians(b.longitude - a.longitude) / 2);
  const double h = lat * lat + std::cos(radians(a.latitude)) * std::cos(radians(b.latitude)) * lon * lon;
  return 2 * kEarthRadiusM * std::asin(std::min(1.0, std::sqrt(h)));
}

double turn_deg(double from, double to) { return std::abs(std::remainder(to - from, 360.0)); }

FixState fix_state(Duration age, Duration promise) {
  if (promise <= Duration::zero()) promise = kUnpromised;
  if (age <= promise) return FixState::live;
  return age <= 2 * promise + kAgingSlack ? FixState::aging : FixState::stale;
}

double uncertainty_m(const TrackFix& fix, Duration age) {
  const Duration promise = fix.next > Duration::zero() ? Duration{fix.next} : kUnpromised;
  const double late = std::max(0.0, seconds(age - promise));
  return fix.accuracy_m + fix.speed_mps * std::max(0.0, seconds(age)) + kWalkMps * late;
}

std::string_view to_string(FixState state) {
  switch (state) {
    case FixState::live:
      return "live";
    case FixState::aging:
      return "aging";
    case FixState::stale:
      break;
  }
  return "stale";
}

std::string_view to_string(Motion motion) {
  switch (motion) {
    case Motion::moving:
      return "moving";
    case Motion::slow:
      return "slow";
    case Motion::parked:
      break;
  }
  return "parked";
}

std::string_view to_string(FixSource source) {
  switch (source) {
    case FixSource::gps:
      return "gps";
    case FixSource::net:
      return "net";
    case FixSource::mock:
      break;
  }
  return "mock";
}

std::optional<Motion> motion_of(std::string_view text) {
  for (const auto motion : {Motion::moving, Motion::slow, Motion::parked}) {
    if (to_string(motion) == text) return motion;
  }
  return {};
}

std::optional<FixSource> fix_source_of(std::string_view text) {
  for (const auto source : {FixSource::gps, FixSource::net, FixSource::mock}) {
    if (to_string(source) == text) return source;
  }
  return {};
}

std::string encode_fix(const TrackFix& fix) {
  std::string out = fmt::format(R"({{"lat":{:.7f},"lon":{:.7f},"acc":{:.1f},"spd":{:.1f})",
                                fix.place.latitude, fix.place.longitude, fix.accuracy_m, fix.speed_mps);
  if (fix.heading_deg) out += fmt::format(R"(,"hdg":{:.0f})", *fix.heading_deg);
  if (fix.battery_percent) out += fmt::format(R"(,"bat":{:.0f})", *fix.battery_percent);
  out += fmt::format(R"(,"m":"{}")", to_string(fix.motion));
  if (fix.source != FixSource::gps) out += fmt::format(R"(,"src":"{}")", to_string(fix.source));
  return out + '}';
}

}  // namespace levee::realtime
