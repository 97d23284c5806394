#pragma once

#include <cstdint>
#include <vector>

#include "levee/base/clock.hpp"

namespace levee::surge {

/// When each of `count` viewers arrives, counted from the first moment of `within`, in order: evenly, each
/// shifted within its own share by chance. The same `seed` gives the same plan.
std::vector<Duration> plan_arrivals(std::uint32_t count, Duration within, std::uint64_t seed);

/// The same in `steps` equal steps, `hold` apart, each arriving within `within`.
std::vector<Duration> plan_stairs(std::uint32_t count, std::uint32_t steps, Duration hold, Duration within,
                                  std::uint64_t seed);

}  // namespace levee::surge
