#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "surge/cohort_stats.hpp"
#include "surge/realtime_report.hpp"
#include "surge/time_series.hpp"

namespace levee::surge {

/// Parts of a run that are measured apart.
enum class Phase {
  before,  ///< from the end of the incumbents' arrival to t0
  surge,   ///< from t0 to the end of the hold
  after,   ///< the cool-down
};
/// As in reports and thresholds. In the order of `Phase`.
inline constexpr std::array<std::string_view, 3> kPhaseNames{"before", "surge", "after"};

/// One cohort in all phases. What happens while the incumbents still arrive is in none of them.
struct CohortReport {
  std::array<CohortStats, kPhaseNames.size()> phases;

  CohortStats& operator[](Phase phase) { return phases[static_cast<std::size_t>(phase)]; }
  const CohortStats& operator[](Phase phase) const { return phases[static_cast<std::size_t>(phase)]; }
  bool operator==(const CohortReport&) const = default;
};

/// What the harness's own publisher lived through.
struct PublisherReport {
  std::uint64_t connections = 0;
  std::uint64_t failures = 0;  ///< connections refused or lost unasked
  std::uint64_t blinks = 0;    ///< drops on purpose
  std::uint64_t bytes = 0;
  Histogram lag;  ///< of each packet's sending behind its time
  bool operator==(const PublisherReport&) const = default;
};

/// The generator's own limits. A run in which one of them was hit says nothing about the server.
struct GeneratorReport {
  std::uint32_t agents = 0;            ///< processes that took part
  Histogram lag;                       ///< how late timers ran, sampled many times a second from t0 on
  bool busy_poll = false;              ///< it never slept; looking for work and finding none counts as idle
  double cpu_peak = 0;                 ///< of the busiest agent: greatest share of its one core in a second
  double cpu_mean = 0;                 ///< of the busiest agent, from t0 on
  std::uint64_t descriptors_peak = 0;  ///< of the fullest agent
  std::uint64_t descriptors_limit = 0;
  std::uint64_t ports_peak = 0;           ///< local ports in use at once, all agents
  std::uint64_t ports_limit = 0;          ///< that there are, over all local addresses in use
  std::uint64_t descriptor_failures = 0;  ///< sockets that could not be opened for want of a descriptor
  std::uint64_t port_failures = 0;        ///< connections that could not be opened for want of a port
  std::uint64_t memory_failures = 0;      ///< of either, for want of the kernel's memory
  bool operator==(const GeneratorReport&) const = default;
};

/// The machine that the run was made on, as far as figures depend on it.
struct Environment {
  std::string kernel;              ///< "Linux 6.1.0"
  std::string processor;           ///< as /proc/cpuinfo names it
  std::uint32_t cores = 0;         ///< that this process may use
  std::string congestion_control;  ///< of the host's TCP; the server's listener may have its own
  std::string version;             ///< of levee-surge
  bool operator==(const Environment&) const = default;
};

/// Something to mark on the time axis.
struct Mark {
  Duration at{0};  ///< since the run's start
  std::string what;
  bool operator==(const Mark&) const = default;
};

/// A threshold with what became of it.
struct ThresholdOutcome {
  std::string text;   ///< as it was given
  std::string value;  ///< what was measured, with its unit
  std::string bound;  ///< what was allowed, with its unit; relative bounds worked out
  bool held = false;
  bool operator==(const ThresholdOutcome&) const = default;
};

/// One run inside a search for the limit.
struct LimitTry {
  bool surge = false;  ///< of a surge; false: of a steady audience
  std::uint32_t incumbents = 0;
  std::uint32_t newcomers = 0;
  bool held = false;
  std::vector<std::string> broken;  ///< thresholds
  std::string gave_way;             ///< what the server's metrics say was first; empty when nothing broke
  bool operator==(const LimitTry&) const = default;
};

/// What `levee-surge limit` found.
struct LimitReport {
  std::optional<std::uint32_t> steady;  ///< the largest steady audience that held
  std::optional<std::uint32_t> surge;   ///< the most newcomers that held
  std::string steady_gave_way;          ///< beyond it; empty: nothing did
  std::string surge_gave_way;
  std::vector<LimitTry> tries;
  bool operator==(const LimitReport&) const = default;
};

/// How a run ended; the values are exit codes.
enum class Verdict {
  held = 0,                ///< every threshold held
  broken = 1,              ///< at least one did not
  target_unreachable = 3,  ///< no playlist could be had at the start
  generator_limited = 4,   ///< the generator was the bottleneck: no verdict on the server
};

/// As JSON and the page's styles name it: "held".
std::string_view name_of(Verdict verdict);

/// Everything about one run. The JSON file is this; the summary and the page are made from it.
struct RunReport {
  static constexpr int kSchema = 1;

  std::string scenario;
  std::string description;
  std::string profile;
  std::string command_line;
  std::uint64_t seed = 0;
  std::int64_t started_ms = 0;                  ///< Unix time
  std::map<std::string, std::string> settings;  ///< every setting with its value in this run
  Environment environment;

  Duration incumbents_in{0};  ///< the begin of the phase "before", since the run's start
  Duration t0{0};             ///< the surge's begin, since the run's start
  Duration surge_end{0};      ///< the last arrival
  Duration hold_end{0};       ///< the end of the phase "surge"
  Duration length{0};
  std::vector<Mark> marks;

  std::map<std::string, CohortReport> cohorts;  ///< by name; those with viewers alone
  ChatReport chat;
  FeedReport feed;
  TrackReport track;
  PublisherReport publisher;
  GeneratorReport generator;
  TimeSeries series;

  std::optional<LimitReport> limit;
  std::vector<ThresholdOutcome> thresholds;  ///< after `judge`
  std::string target_error;                  ///< why the target was unreachable; empty: it was not

  CohortReport& cohort(Cohort which) {
    return cohorts[std::string{kCohortNames[static_cast<std::size_t>(which)]}];
  }
  bool operator==(const RunReport&) const = default;
};

/// The verdict on a run whose thresholds are judged.
Verdict verdict_of(const RunReport& report);

/// Adds the result of another agent of the same run to `report`. Associative; exact on all counts.
/// Errors: throws std::runtime_error when they can't be of one run (other scenario, seed or time axis).
void merge(RunReport& report, const RunReport& other);

/// The JSON file; docs/load-testing.md describes it.
std::string to_json_text(const RunReport& report);
/// Errors: throws std::exception with what is wrong.
RunReport report_from_json(std::string_view text);

}  // namespace levee::surge
