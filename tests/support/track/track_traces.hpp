#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "levee/realtime/track_fix.hpp"

/// Made traces of devices that look like recorded ones: where something truly was, once a second, and what
/// its receiver and its network were like. The same seed gives the same trace.
///
/// What they are made of:
/// - `patrol`: a guard on foot, 1.4 m/s give or take 0.2, along legs of 40 to 150 m with corners of 60 to 120
///   degrees; stands 30 to 120 s at every checkpoint, each about 300 m from the last; every sixth time a rest
///   of 6 minutes.
/// - `car`: in a town; legs of 150 to 600 m at 8 to 16 m/s, speeds up by 1.5 m/s2 and brakes by 2.5; slows to
/// 5
///   m/s for a corner, waits up to 45 s at every second crossing; half of the legs bend. A checkpoint at
///   every fourth crossing, where it stands for 90 s.
/// - `parked`: parked for two hours, with a drive of two minutes in the middle.
/// - `tunnel`: on a motorway at 22 m/s, bending gently; after 3 minutes a tunnel of 90 to 150 s without
///   satellites or network, then 3 minutes more, and a stop at its end.
/// Receiver errors wander (a first-order Gauss-Markov process of 30 s), 4 m on foot and parked, 5 m in cars.
namespace levee::test {

/// One second of a trace.
struct TraceSample {
  realtime::Place truth;
  realtime::Place fix;  ///< what the receiver says, where it says anything
  double speed_mps = 0;
  double heading_deg = 0;
  bool satellites = true;
  bool network = true;
};

struct Trace {
  std::string_view name;
  std::vector<TraceSample> samples;
  std::vector<realtime::Place> checkpoints;
};

Trace patrol_trace(std::uint64_t seed);
Trace car_trace(std::uint64_t seed);
Trace parked_trace(std::uint64_t seed);
Trace tunnel_trace(std::uint64_t seed);

/// A working day's mix: `each` of patrols, cars and tunnels, and as many parked ones.
std::vector<Trace> all_traces(std::uint64_t each);

}  // namespace levee::test
