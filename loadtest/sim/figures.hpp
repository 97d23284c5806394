#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "sim/plan.hpp"
#include "sim/simulation.hpp"

namespace levee::sim {

/// Counts durations in steps of 5%, from 0.1 ms to hours; a quantile is right within a step.
class Figures {
 public:
  void add(double seconds, double count);
  double count() const { return count_; }
  /// The duration that a share `q` (0..1) does not exceed; 0 when there are none.
  double quantile(double q) const;

 private:
  static constexpr std::size_t kSteps = 400;
  std::array<double, kSteps> counts_{};
  double count_ = 0;
};

/// Spearman's rank correlation of pairs: 1 if both grow in the same order.
double rank_correlation(const std::vector<double>& a, const std::vector<double>& b);

/// Fills in what follows from an outcome's samples: lateness, goodput and swing.
void summarise(const Plan& plan, Outcome& outcome);

}  // namespace levee::sim
