#include "surge/arrivals.hpp"

#include <algorithm>
#include <random>

namespace levee::surge {

std::vector<Duration> plan_arrivals(std::uint32_t count, Duration within, std::uint64_t seed) {
  std::mt19937_64 random{seed};
  std::vector<Duration> plan;
  plan.reserve(count);
  const double share = static_cast<double>(within.count()) / std::max(1u, count);
  for (std::uint32_t i = 0; i < count; ++i) {
    // Of the generator alone: what distributions make of it differs between standard libraries.
    const double shift = static_cast<double>(random() >> 11) * 0x1p-53;
    plan.emplace_back(static_cast<Duration::rep>(share * (i + shift)));
  }
  return plan;
}

std::vector<Duration> plan_stairs(std::uint32_t count, std::uint32_t steps, Duration hold, Duration within,
                                  std::uint64_t seed) {
  std::vector<Duration> plan;
  std::uint32_t planned = 0;
  for (std::uint32_t step = 0; step < steps; ++step) {
    const auto end = static_cast<std::uint32_t>(std::uint64_t{count} * (step + 1) / steps);
    for (const auto at : plan_arrivals(end - planned, std::min(within, hold), seed + step))
      plan.push_back(at + hold * static_cast<Duration::rep>(step));
    planned = end;
  }
  return plan;
}

}  // namespace levee::surge
