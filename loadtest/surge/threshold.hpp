#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "surge/metric.hpp"

namespace levee::surge {

/// A promise about a run: METRIC OP BOUND [or BOUND]...
///
///   incumbents.stalled_fraction == 0
///   newcomers.startup.p99 < 3s
///   incumbents.part_fetch.p99 < 1.5x before
///   incumbents.segment_fetch.p99 < 1.5x before or 15ms
///
/// OP is one of == != < <= > >=. A BOUND is a number with its unit, or a factor of the same metric in another
/// phase. It holds when it holds for one of the bounds. What was not measured does not hold, but for what is
/// good when absent.
class Threshold {
 public:
  /// Reads one. Gives nothing and fills `fault` when it can't be read.
  static std::optional<Threshold> parse(std::string_view text, std::string& fault);

  ThresholdOutcome judge(const RunReport& report) const;
  const std::string& text() const { return text_; }

 private:
  enum class Comparison { equal, not_equal, less, at_most, greater, at_least };
  struct Bound {
    double number = 0;
    std::optional<Metric> of;  ///< a factor of this one; nothing: `number` itself
    std::string text;          ///< as written
  };

  Threshold(std::string_view text, Metric metric) : text_{text}, metric_{std::move(metric)} {}

  static std::optional<Bound> parse_bound(std::string_view text, const Metric& metric, std::string& fault);
  bool holds(double value, double bound) const;
  static const char* sign_of(Comparison comparison);
  static std::optional<Comparison> comparison_of(std::string_view sign);

  std::string text_;
  Metric metric_;
  Comparison comparison_ = Comparison::equal;
  std::vector<Bound> bounds_;
};

/// Judges `report` by `thresholds`, which were all read without a fault before, and keeps the outcomes in it.
/// Errors: throws std::invalid_argument for one that can't be read.
void judge(RunReport& report, const std::vector<std::string>& thresholds);

}  // namespace levee::surge
