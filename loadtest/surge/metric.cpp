#include "surge/metric.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include <spdlog/fmt/fmt.h>

#include "surge/metric_source.hpp"

namespace levee::surge {
namespace {

struct Quantile {
  std::string_view name;
  double quantile;
};
constexpr std::array kQuantiles{Quantile{"p50", 0.5}, Quantile{"p90", 0.9}, Quantile{"p95", 0.95},
                                Quantile{"p99", 0.99}, Quantile{"p999", 0.999}};
constexpr std::string_view kStats = "p50, p90, p95, p99, p999, max, min, mean, count";

double seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

std::optional<double> stat_of(const Histogram& times, std::string_view stat) {
  if (stat == "count") return static_cast<double>(times.count());
  if (stat == "max") return seconds(times.max());
  if (stat == "min") return seconds(times.min());
  if (stat == "mean") return seconds(times.mean());
  for (const auto& known : kQuantiles) {
    if (known.name == stat) return seconds(times.quantile(known.quantile));
  }
  return std::nullopt;
}

bool is_cohort(std::string_view group) {
  return std::find(kCohortNames.begin(), kCohortNames.end(), group) != kCohortNames.end();
}

std::optional<Phase> phase_of(std::string_view word) {
  const auto place = std::find(kPhaseNames.begin(), kPhaseNames.end(), word);
  if (place == kPhaseNames.end()) return std::nullopt;
  return static_cast<Phase>(place - kPhaseNames.begin());
}

std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words;
  for (std::size_t begin = 0;;) {
    const auto dot = name.find('.', begin);
    words.emplace_back(name.substr(begin, dot - begin));
    if (dot == std::string_view::npos) return words;
    begin = dot + 1;
  }
}

template <class Of>
std::vector<MetricEntry> entries_of(const std::vector<MetricSource<Of>>& sources) {
  std::vector<MetricEntry> entries;
  for (const auto& source : sources)
    entries.push_back(
        {std::string{source.name}, std::string{source.meaning}, source.unit, source.times != nullptr});
  return entries;
}

template <class Of>
Metric::Value value_of(const std::vector<MetricSource<Of>>& sources, std::string_view name,
                       std::string_view stat, const Of& of) {
  for (const auto& source : sources) {
    if (source.name != name) continue;
    Metric::Value value{0, false, source.good_when_absent};
    std::optional<double> number;
    if (source.times) {
      const auto* times = source.times(of);
      if (times->count() > 0 || stat == "count") number = stat_of(*times, stat);
    } else {
      number = source.number(of);
    }
    value.measured = number.has_value();
    value.number = number.value_or(0);
    return value;
  }
  return {};
}

CohortWindow window_of(const RunReport& report, const CohortReport& cohort, std::optional<Phase> phase) {
  CohortWindow window;
  if (phase) {
    window.stats = cohort[*phase];
    const std::array<Duration, kPhaseNames.size()> lengths{
        report.t0 - report.incumbents_in, report.hold_end - report.t0, report.length - report.hold_end};
    window.seconds = seconds(lengths[static_cast<std::size_t>(*phase)]);
    return window;
  }
  window.stats = cohort[Phase::surge];
  window.stats.merge(cohort[Phase::after]);
  window.seconds = seconds(report.length - report.t0);
  return window;
}

std::string list_of(const std::vector<MetricEntry>& entries) {
  std::string list;
  for (const auto& entry : entries) list += (list.empty() ? "" : ", ") + entry.name;
  return list;
}

std::string groups() {
  std::string list;
  for (const auto cohort : kCohortNames) list += fmt::format("{}, ", cohort);
  return list + "generator, chat, feed, track, publisher";
}

}  // namespace

std::vector<MetricEntry> metrics_of(std::string_view group) {
  if (is_cohort(group)) return entries_of(cohort_sources());
  if (group == "generator") return entries_of(generator_sources());
  if (group == "chat") return entries_of(chat_sources());
  if (group == "feed") return entries_of(feed_sources());
  if (group == "track") return entries_of(track_sources());
  if (group == "publisher") return entries_of(publisher_sources());
  return {};
}

std::optional<Metric> Metric::parse(std::string_view name, std::string& fault) {
  const auto words = words_of(name);
  Metric metric;
  metric.group_ = words[0];
  const auto known = metrics_of(metric.group_);
  if (known.empty()) {
    fault = fmt::format("no metric begins with '{}'; those that there are: {}", metric.group_, groups());
    return std::nullopt;
  }
  std::size_t at = 1;
  if (is_cohort(metric.group_) && words.size() > at) {
    metric.phase_ = phase_of(words[at]);
    if (metric.phase_) ++at;
  }
  metric.name_ = words.size() > at ? words[at] : "";
  const auto entry = std::find_if(known.begin(), known.end(),
                                  [&metric](const MetricEntry& one) { return one.name == metric.name_; });
  if (entry == known.end()) {
    fault = fmt::format("{} has no metric '{}'; it has: {}", metric.group_, metric.name_, list_of(known));
    return std::nullopt;
  }
  metric.unit_ = entry->unit;
  if (entry->has_stats) {
    metric.stat_ = words.size() == at + 2 ? words[at + 1] : "";
    if (!stat_of(Histogram{}, metric.stat_)) {
      fault = fmt::format("{}.{} is a distribution: after it stands a dot and one of {}", metric.group_,
                          metric.name_, kStats);
      return std::nullopt;
    }
    if (metric.stat_ == "count") metric.unit_ = Unit::count;
  } else if (words.size() != at + 1) {
    fault = fmt::format("{}.{} is one number: nothing stands after it", metric.group_, metric.name_);
    return std::nullopt;
  }
  return metric;
}

Metric::Value Metric::in(const RunReport& report) const {
  if (group_ == "generator") return value_of(generator_sources(), name_, stat_, report.generator);
  if (group_ == "chat") return value_of(chat_sources(), name_, stat_, report.chat);
  if (group_ == "feed") return value_of(feed_sources(), name_, stat_, report.feed);
  if (group_ == "track") return value_of(track_sources(), name_, stat_, report.track);
  if (group_ == "publisher") return value_of(publisher_sources(), name_, stat_, report.publisher);
  const auto cohort = report.cohorts.find(group_);
  if (cohort == report.cohorts.end()) return {};
  return value_of(cohort_sources(), name_, stat_, window_of(report, cohort->second, phase_));
}

std::optional<Metric> Metric::during(Phase phase) const {
  if (!is_cohort(group_)) return std::nullopt;
  auto other = *this;
  other.phase_ = phase;
  return other;
}

std::string metric_catalogue() {
  std::string text =
      "COHORT[.PHASE].NAME[.STAT]\n\n"
      "COHORT  incumbents, newcomers, weak, slow_readers, flapping\n"
      "PHASE   before, surge, after; none: from the surge's begin to the end\n"
      "STAT    of those marked with *: ";
  text += kStats;
  text += "\n\n";
  const auto list = [&text](std::string_view title, std::string_view group) {
    text += fmt::format("{}\n", title);
    for (const auto& entry : metrics_of(group))
      text += fmt::format("  {:<20}{} {}\n", entry.name, entry.has_stats ? '*' : ' ', entry.meaning);
  };
  list("NAME of a cohort", "incumbents");
  list("\ngenerator.NAME[.STAT]", "generator");
  list("\nchat.NAME[.STAT]", "chat");
  list("\nfeed.NAME[.STAT]", "feed");
  list("\ntrack.NAME[.STAT]", "track");
  list("\npublisher.NAME[.STAT]", "publisher");
  return text;
}

}  // namespace levee::surge
