#pragma once

#include <chrono>
#include <cmath>

#include "levee/base/clock.hpp"

namespace levee::admission {

/// `duration` in seconds, as the laws of this folder count.
inline double seconds_of(Duration duration) { return std::chrono::duration<double>(duration).count(); }

/// The share of the way to a new value that an average goes in `seconds` of its `constant` (both in seconds,
/// the latter above 0): 0 at once, 1 in the end.
inline double share_after(double seconds, double constant) { return 1 - std::exp(-seconds / constant); }

}  // namespace levee::admission
