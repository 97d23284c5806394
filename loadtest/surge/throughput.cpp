#include "surge/throughput.hpp"

#include <algorithm>
#include <cmath>

namespace levee::surge {

void ThroughputEstimate::Average::add(double seconds, double value) {
  const double keep = std::pow(0.5, seconds / half_life_s);
  sum = keep * sum + (1 - keep) * value;
  weight = keep * weight + (1 - keep);
}

void ThroughputEstimate::add(std::uint64_t bytes, Duration time) {
  constexpr double kLeastSeconds = 0.05;
  const double seconds = std::max(kLeastSeconds, std::chrono::duration<double>(time).count());
  const double rate = static_cast<double>(bytes) * 8 / seconds;
  fast_.add(seconds, rate);
  slow_.add(seconds, rate);
}

double ThroughputEstimate::bits_per_second() const {
  constexpr double kUnknown = 500'000;
  if (fast_.weight == 0) return kUnknown;
  return std::min(fast_.value(), slow_.value());
}

}  // namespace levee::surge
