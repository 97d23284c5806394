#include "levee/admission/forecast.hpp"

#include <algorithm>
#include <cmath>

namespace levee::admission {
namespace {

double seconds_at(std::size_t point) { return point == 0 ? 0 : std::exp2(static_cast<double>(point - 1)); }

}  // namespace

Forecast::Forecast(double room, Duration settling, double sustained, Duration closed) : closed_{closed} {
  const double constant = std::max(0.001, std::chrono::duration<double>(settling).count());
  for (std::size_t i = 0; i < kPoints; ++i) {
    const double seconds = seconds_at(i);
    counts_[i] =
        std::max(0.0, room) * (1 - std::exp(-seconds / constant)) + std::max(0.0, sustained) * seconds;
  }
}

std::optional<Duration> Forecast::until(double count) const {
  const auto after = std::lower_bound(counts_.begin(), counts_.end(), count);
  if (after == counts_.end()) return {};
  if (after == counts_.begin()) return closed_;
  const auto point = static_cast<std::size_t>(after - counts_.begin());
  const double share = (count - counts_[point - 1]) / (counts_[point] - counts_[point - 1]);
  const double seconds = seconds_at(point - 1) + share * (seconds_at(point) - seconds_at(point - 1));
  return closed_ + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

void Forecast::bound(double per_second) {
  for (std::size_t i = 0; i < kPoints; ++i) counts_[i] = std::min(counts_[i], per_second * seconds_at(i));
}

double Forecast::mean_rate() const {
  constexpr std::size_t kHalfMinute = 6;
  return counts_[kHalfMinute] / seconds_at(kHalfMinute);
}

}  // namespace levee::admission
