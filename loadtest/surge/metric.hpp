#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "surge/quantity.hpp"
#include "surge/run_report.hpp"

namespace levee::surge {

/// A number that a threshold may be about: "incumbents.part_fetch.p99", "newcomers.after.errors",
/// "generator.lag.p99".
///
/// Of a cohort: COHORT[.PHASE].NAME[.STAT]. Without a phase: from t0 to the end ("surge" and "after"
/// together). STAT stands after times: p50, p90, p95, p99, p999, max, min, mean, count.
class Metric {
 public:
  /// What was measured.
  struct Value {
    double number = 0;
    bool measured = false;  ///< there was something to measure
    /// When it is not there, that is good: nobody was refused, so no refusal was slow.
    bool good_when_absent = false;
  };

  /// Reads a name. Gives nothing and fills `fault` when there is no such metric; the fault lists what there
  /// is.
  static std::optional<Metric> parse(std::string_view name, std::string& fault);

  Unit unit() const { return unit_; }
  /// Of the phases after t0; or of the phase named.
  Value in(const RunReport& report) const;
  /// The same metric in another phase. Nothing for metrics that have no phases.
  std::optional<Metric> during(Phase phase) const;

 private:
  std::string group_;           ///< a cohort, or "generator", "chat", "feed", "track", "publisher"
  std::optional<Phase> phase_;  ///< of a cohort alone
  std::string name_;
  std::string stat_;  ///< of a time alone
  Unit unit_ = Unit::count;
};

/// What a name in the catalogue is.
struct MetricEntry {
  std::string name;     ///< "part_fetch"
  std::string meaning;  ///< one line
  Unit unit = Unit::count;
  bool has_stats = false;  ///< is a distribution: a stat follows
};

/// Every metric of a group: a cohort's name, "generator", "chat", "feed", "track" or "publisher".
/// Empty for any other.
std::vector<MetricEntry> metrics_of(std::string_view group);

/// All of it, as `levee-surge metrics` prints it.
std::string metric_catalogue();

}  // namespace levee::surge
