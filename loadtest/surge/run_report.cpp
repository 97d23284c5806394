#include "surge/run_report.hpp"

#include <algorithm>
#include <stdexcept>
#include <type_traits>

#include "surge/generator_limits.hpp"

namespace levee::surge {
namespace {

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

/// Adds up a report of realtime clients.
template <class Of>
void merge_fields(Of& report, const Of& other) {
  for_each_field<Of>([&](const auto& field) {
    auto& ours = report.*field.member;
    if constexpr (std::is_integral_v<std::remove_reference_t<decltype(ours)>>) {
      ours += other.*field.member;
    } else {
      ours.merge(other.*field.member);
    }
  });
}

void merge(PublisherReport& publisher, const PublisherReport& other) {
  publisher.connections += other.connections;
  publisher.failures += other.failures;
  publisher.blinks += other.blinks;
  publisher.bytes += other.bytes;
  publisher.lag.merge(other.lag);
}

void merge(GeneratorReport& generator, const GeneratorReport& other) {
  generator.agents += other.agents;
  generator.lag.merge(other.lag);
  generator.busy_poll = generator.busy_poll || other.busy_poll;
  generator.cpu_peak = std::max(generator.cpu_peak, other.cpu_peak);
  generator.cpu_mean = std::max(generator.cpu_mean, other.cpu_mean);
  if (share(other.descriptors_peak, other.descriptors_limit) >
      share(generator.descriptors_peak, generator.descriptors_limit)) {
    generator.descriptors_peak = other.descriptors_peak;
    generator.descriptors_limit = other.descriptors_limit;
  }
  generator.ports_peak += other.ports_peak;
  generator.ports_limit = std::max(generator.ports_limit, other.ports_limit);
  generator.descriptor_failures += other.descriptor_failures;
  generator.port_failures += other.port_failures;
  generator.memory_failures += other.memory_failures;
}

}  // namespace

Verdict verdict_of(const RunReport& report) {
  if (!report.target_error.empty()) return Verdict::target_unreachable;
  if (!limits_hit(report).empty()) return Verdict::generator_limited;
  const bool held = std::all_of(report.thresholds.begin(), report.thresholds.end(),
                                [](const ThresholdOutcome& threshold) { return threshold.held; });
  return held ? Verdict::held : Verdict::broken;
}

void merge(RunReport& report, const RunReport& other) {
  if (report.scenario != other.scenario || report.seed != other.seed || report.profile != other.profile)
    throw std::runtime_error{"the results are not of one run: scenario, profile and seed must be the same"};
  report.series.merge(other.series);
  report.started_ms = std::min(report.started_ms, other.started_ms);
  report.incumbents_in = std::max(report.incumbents_in, other.incumbents_in);
  report.t0 = std::min(report.t0, other.t0);
  report.surge_end = std::max(report.surge_end, other.surge_end);
  report.hold_end = std::max(report.hold_end, other.hold_end);
  report.length = std::max(report.length, other.length);
  for (const auto& mark : other.marks) {
    if (std::find(report.marks.begin(), report.marks.end(), mark) == report.marks.end())
      report.marks.push_back(mark);
  }
  std::sort(report.marks.begin(), report.marks.end(),
            [](const Mark& a, const Mark& b) { return a.at != b.at ? a.at < b.at : a.what < b.what; });
  for (const auto& [name, theirs] : other.cohorts) {
    auto& ours = report.cohorts[name];
    for (std::size_t i = 0; i < ours.phases.size(); ++i) ours.phases[i].merge(theirs.phases[i]);
  }
  merge_fields(report.chat, other.chat);
  merge_fields(report.feed, other.feed);
  merge_fields(report.track, other.track);
  merge(report.publisher, other.publisher);
  merge(report.generator, other.generator);
  if (report.target_error.empty()) report.target_error = other.target_error;
  report.thresholds.clear();
}

}  // namespace levee::surge
