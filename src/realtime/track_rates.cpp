#include "levee/realtime/track_rates.hpp"

#include <algorithm>
#include <limits>

namespace levee::realtime {
namespace {

Duration scaled(Duration duration, double factor) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(duration) * factor);
}

Duration at_speed(double error_m, double speed_mps, Duration fastest, Duration slowest) {
  constexpr double kStanding = 0.1;  // slower than this is no speed but noise
  if (speed_mps < kStanding) return slowest;
  const auto interval =
      std::chrono::duration_cast<Duration>(std::chrono::duration<double>(error_m / speed_mps));
  return std::clamp(interval, fastest, slowest);
}

struct Closest {
  const Checkpoint* checkpoint = nullptr;
  double distance_m = std::numeric_limits<double>::infinity();
};

Closest closest(const std::vector<Checkpoint>& checkpoints, const Place& place) {
  Closest best;
  for (const auto& checkpoint : checkpoints) {
    const double distance = distance_m(place, checkpoint.place) - checkpoint.radius_m;
    if (distance < best.distance_m) best = {&checkpoint, distance};
  }
  return best;
}

// What the present situation asks for, whatever was before.
RateDirective wanted(const TrackRates& table, const std::vector<Checkpoint>& checkpoints,
                     const RateInputs& inputs) {
  RateDirective directive;
  const double factor = inputs.watched ? 1 : table.unwatched_factor;
  directive.error_m = table.error_m * factor;
  directive.near_error_m = table.near_error_m * factor;
  directive.fastest = table.fastest;
  directive.slowest = scaled(table.slowest, factor);
  directive.turn_deg = table.turn_deg;
  directive.still = table.still;
  directive.parked = table.parked;
  directive.near_interval = table.near_interval;
  directive.why = inputs.watched ? RateReason::moving : RateReason::unwatched;

  const auto near = closest(checkpoints, inputs.place);
  const double reach =
      std::max(table.near_m, inputs.speed_mps * std::chrono::duration<double>(table.near_time).count());
  directive.near = near.checkpoint;
  if (near.checkpoint != nullptr) directive.near_reach_m = near.checkpoint->radius_m + reach;

  const double battery = inputs.battery_percent.value_or(100);
  if (inputs.motion == Motion::parked) {
    directive.next = table.parked;
    directive.why = RateReason::parked;
  } else if (near.distance_m <= reach) {
    directive.next =
        at_speed(directive.near_error_m, inputs.speed_mps, directive.near_interval, directive.slowest);
    directive.why = RateReason::checkpoint;
  } else {
    directive.next = at_speed(directive.error_m, inputs.speed_mps, directive.fastest, directive.slowest);
  }
  if (battery < table.flat_battery) {
    directive.why = RateReason::battery;
    directive.error_m = table.flat_error_m;
    directive.turn_deg = 360;
    directive.fastest = table.slowest;
    directive.slowest = directive.next = table.parked;
    directive.near = nullptr;
  } else if (battery < table.low_battery) {
    directive.why = RateReason::battery;
    directive.error_m *= table.low_battery_factor;
    directive.near_error_m *= table.low_battery_factor;
    directive.turn_deg *= table.low_battery_factor;
    directive.fastest = scaled(directive.fastest, table.low_battery_factor);
    directive.slowest = scaled(directive.slowest, table.low_battery_factor);
    directive.near_interval = scaled(directive.near_interval, table.low_battery_factor);
    directive.parked = scaled(directive.parked, table.low_battery_factor);
    directive.next = scaled(directive.next, table.low_battery_factor);
  }
  return directive;
}

}  // namespace

std::string_view to_string(RateReason reason) {
  switch (reason) {
    case RateReason::moving:
      return "moving";
    case RateReason::started:
      return "started";
    case RateReason::checkpoint:
      return "checkpoint";
    case RateReason::parked:
      return "parked";
    case RateReason::battery:
      return "battery";
    case RateReason::watched:
      return "watched";
    case RateReason::unwatched:
      break;
  }
  return "unwatched";
}

RateDirective direct(const TrackRates& table, const std::vector<Checkpoint>& checkpoints,
                     const RateInputs& inputs, RateMemory& memory, TimePoint now) {
  auto directive = wanted(table, checkpoints, inputs);
  const bool first = memory.next == Duration::zero();
  const bool started = !first && memory.motion == Motion::parked && inputs.motion != Motion::parked;
  const bool looked_at = !first && inputs.watched && !memory.watched;
  if (directive.why == RateReason::moving && started) directive.why = RateReason::started;
  if (directive.why == RateReason::moving && looked_at) directive.why = RateReason::watched;
  // Who parked said so after being still for a while: nothing is left to wait for.
  const bool settled = inputs.motion == Motion::parked || directive.why == RateReason::battery;
  if (first || settled || directive.next <= memory.next || now - memory.wanted_at >= table.slow_down_after) {
    memory.next = directive.next;
    memory.wanted_at = now;
  } else {
    directive.next = memory.next;
  }
  memory.motion = inputs.motion;
  memory.watched = inputs.watched;
  return directive;
}

}  // namespace levee::realtime
