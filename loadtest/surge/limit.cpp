#include "surge/limit.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string_view>
#include <thread>
#include <utility>

#include "surge/generator_limits.hpp"

namespace levee::surge {
namespace {

// The greatest value of a series from t0 on, while the surge lasts.
double peak(const RunReport& report, std::string_view name) {
  const auto found = report.series.values().find(name);
  if (found == report.series.values().end()) return 0;
  const auto& values = found->second.values();
  const auto first = static_cast<std::size_t>(std::max<Duration::rep>(0, report.t0 / report.series.bin()));
  double most = 0;
  for (std::size_t i = first; i < values.size(); ++i) most = std::max(most, values[i].value_or(0));
  return most;
}

LimitTry outcome(const RunReport& report, bool surge, const Scenario& scenario) {
  LimitTry result;
  result.surge = surge;
  result.incumbents = scenario.incumbents.count;
  result.newcomers = scenario.newcomers.count;
  result.held = verdict_of(report) == Verdict::held;
  for (const auto& threshold : report.thresholds) {
    if (!threshold.held) result.broken.push_back(threshold.text);
  }
  if (!result.held) result.gave_way = what_gave_way(report);
  return result;
}

class Search {
 public:
  Search(const Scenario& base, const std::function<RunReport(const Scenario&)>& play,
         const std::atomic<bool>& stop)
      : base_{base}, play_{play}, stop_{stop} {}

  /// Tries numbers of viewers until the limit is known. Gives it, and what gave way beyond.
  std::optional<std::uint32_t> find(bool surge, std::string& gave_way) {
    Bracket bracket{base_.limit.least, base_.limit.most, base_.limit.precision};
    bool once_more = false;
    while (bracket.next() && !stop_) {
      const auto report = play_once(surge, *bracket.next());
      const auto verdict = verdict_of(report);
      const auto& latest = limit_.tries.back();
      if (!latest.held) gave_way = latest.gave_way;
      if (latest.held || !kept_) kept_ = report;
      if (verdict == Verdict::target_unreachable) break;
      if (verdict == Verdict::generator_limited) {
        if (std::exchange(once_more, true)) break;
        continue;  // one slow second may have had its cause elsewhere
      }
      once_more = false;
      bracket.tried(latest.held);
    }
    return bracket.held();
  }

  RunReport finish(LimitReport found) {
    found.tries = std::move(limit_.tries);
    RunReport report;
    if (kept_) report = std::move(*kept_);
    report.limit = std::move(found);
    return report;
  }

 private:
  RunReport play_once(bool surge, std::uint32_t count) {
    Scenario scenario = base_;
    (surge ? scenario.newcomers.count : scenario.incumbents.count) = count;
    if (!surge) {
      scenario.newcomers.count = 0;
      const std::chrono::duration<double> unhurried{count / base_.limit.arrivals_per_second};
      scenario.incumbents.within =
          std::max(scenario.incumbents.within, std::chrono::duration_cast<Duration>(unhurried));
    }
    if (!limit_.tries.empty()) std::this_thread::sleep_for(base_.limit.settle);
    auto report = play_(scenario);
    limit_.tries.push_back(outcome(report, surge, scenario));
    const auto& latest = limit_.tries.back();
    std::fprintf(stderr, "  %s of %u: %s%s\n", surge ? "a surge" : "an audience", count,
                 latest.held ? "held" : "broke, first ", latest.gave_way.c_str());
    return report;
  }

  const Scenario& base_;
  const std::function<RunReport(const Scenario&)>& play_;
  const std::atomic<bool>& stop_;
  LimitReport limit_;
  std::optional<RunReport> kept_;
};

}  // namespace

void Bracket::tried(bool held) {
  if (!next_) return;
  if (held) {
    held_ = std::max(held_.value_or(0), *next_);
  } else {
    broke_ = std::min(broke_.value_or(*next_), *next_);
  }
  if (!broke_) {
    if (*held_ >= most_) {
      next_.reset();
    } else {
      next_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(most_, std::uint64_t{*held_} * 2));
    }
    return;
  }
  const auto low = held_.value_or(0);
  const auto gap = *broke_ - low;
  if (!held_ || gap <= 1 || gap <= precision_ * low) {
    next_.reset();
  } else {
    next_ = low + gap / 2;
  }
}

RunReport find_limit(const Scenario& scenario, const std::function<RunReport(const Scenario&)>& play,
                     const std::atomic<bool>& stop) {
  Search search{scenario, play, stop};
  LimitReport limit;
  if (scenario.limit.steady) limit.steady = search.find(false, limit.steady_gave_way);
  if (scenario.limit.surge) limit.surge = search.find(true, limit.surge_gave_way);
  return search.finish(std::move(limit));
}

std::string what_gave_way(const RunReport& report) {
  constexpr double kBusy = 0.93;
  constexpr double kLate = 0.05;
  if (!limits_hit(report).empty()) return "generator";
  const auto newcomers = report.cohorts.find(std::string{kCohortNames[1]});
  const auto connections_lost = [&] {
    if (newcomers == report.cohorts.end()) return false;
    const auto& stats = newcomers->second[Phase::surge];
    return stats.errors[static_cast<std::size_t>(ErrorKind::no_connection)] +
               stats.errors[static_cast<std::size_t>(ErrorKind::time_out)] >
           0;
  }();
  const auto cores = peak(report, series::kServerCpu);
  const auto whole = std::max(1.0, static_cast<double>(static_cast<std::uint32_t>(cores + 0.2)));
  if (connections_lost && cores < kBusy * whole) return "accept queue";
  if (cores >= kBusy * whole) return "CPU";
  if (peak(report, series::kServerLag) >= kLate) return "loop lag";
  return "egress";
}

}  // namespace levee::surge
