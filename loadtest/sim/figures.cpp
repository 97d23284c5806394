#include "sim/figures.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace levee::sim {
namespace {

constexpr double kLeast = 1e-4;
const double kStep = std::log(1.05);

std::vector<double> ranks(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> rank(values.size());
  for (std::size_t i = 0; i < order.size(); ++i) rank[order[i]] = static_cast<double>(i);
  return rank;
}

}  // namespace

void Figures::add(double seconds, double count) {
  const double step = seconds <= kLeast ? 0 : std::ceil(std::log(seconds / kLeast) / kStep);
  counts_[std::min(kSteps - 1, static_cast<std::size_t>(step))] += count;
  count_ += count;
}

double Figures::quantile(double q) const {
  if (count_ <= 0) return 0;
  double passed = 0;
  for (std::size_t i = 0; i < kSteps; ++i) {
    passed += counts_[i];
    if (passed >= q * count_ * (1 - 1e-9))
      return i == 0 ? 0 : kLeast * std::exp(static_cast<double>(i) * kStep);
  }
  return 0;
}

double rank_correlation(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() < 2) return 1;
  const auto first = ranks(a);
  const auto second = ranks(b);
  const auto n = static_cast<double>(a.size());
  double squares = 0;
  for (std::size_t i = 0; i < first.size(); ++i) squares += (first[i] - second[i]) * (first[i] - second[i]);
  return 1 - 6 * squares / (n * (n * n - 1));
}

void summarise(const Plan& plan, Outcome& outcome) {
  const double settled = plan.surge_at + plan.surge_seconds + 10;
  double delivered = 0;
  double counted = 0;
  double mean = 0;
  double swings = 0;
  double rates = 0;
  for (const auto& sample : outcome.samples) {
    if (sample.at > plan.surge_at / 2 && sample.at < plan.surge_at) {
      outcome.late_before = std::max(outcome.late_before, sample.late_p99);
    }
    if (sample.at > plan.surge_at) outcome.late_during = std::max(outcome.late_during, sample.late_p99);
    if (sample.at < settled || sample.waiting < 50) {
      mean = mean == 0 ? sample.admitted : mean + (sample.admitted - mean) * 0.1;
      continue;
    }
    delivered += sample.megabits;
    counted += 1;
    mean += (sample.admitted - mean) * 0.1;  // over five seconds
    swings += std::abs(sample.admitted - mean);
    rates += mean;
  }
  const double most = outcome.capacity * plan.bitrate / 1e6;
  outcome.goodput = counted > 0 ? delivered / counted / most : 0;
  outcome.swing = rates > 0 ? swings / rates : 0;
}

}  // namespace levee::sim
