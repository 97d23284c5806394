#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "surge/metric.hpp"

namespace levee::surge {

/// A cohort in the phases asked for, with how long they lasted.
struct CohortWindow {
  CohortStats stats;
  double seconds = 0;
};

/// How a metric is read from what `Of` is. Exactly one of the two functions is there.
template <class Of>
struct MetricSource {
  std::string_view name;
  std::string_view meaning;
  Unit unit = Unit::count;
  bool good_when_absent = false;
  std::function<std::optional<double>(const Of&)> number;  ///< nothing: not measured
  std::function<const Histogram*(const Of&)> times;
};

/// The sources of each group, in the order in which they are listed.
const std::vector<MetricSource<CohortWindow>>& cohort_sources();
const std::vector<MetricSource<GeneratorReport>>& generator_sources();
const std::vector<MetricSource<ChatReport>>& chat_sources();
const std::vector<MetricSource<FeedReport>>& feed_sources();
const std::vector<MetricSource<TrackReport>>& track_sources();
const std::vector<MetricSource<PublisherReport>>& publisher_sources();

}  // namespace levee::surge
