#include "surge/generator_limits.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include <spdlog/fmt/fmt.h>

namespace levee::surge {
namespace {

constexpr Duration kMostLate =
    std::chrono::milliseconds{20};  ///< p99: more, and times are the generator's own
constexpr std::uint64_t kLeastCount = 100;
constexpr double kMostCpu = 0.95;
constexpr double kMostDescriptors = 0.98;
constexpr double kMostPorts = 0.95;

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

double ms(Duration time) { return std::chrono::duration<double, std::milli>(time).count(); }
double seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

/// The generator in one bin of the time axis, which is a second long.
struct Second {
  Duration at{};  ///< since the run's start
  double cpu = 0;
  Duration lag{};   ///< of its timers, p99
  Duration late{};  ///< with what was due, p99
  bool full() const { return cpu > kMostCpu; }
  bool slow() const { return lag > kMostLate; }
  bool behind() const { return late > kMostLate; }
};

/// Zero where there are too few to tell their p99 from a single one.
Duration p99_of(const RunReport& report, std::string_view name, std::size_t bin) {
  const auto found = report.series.all_times().find(name);
  if (found == report.series.all_times().end() || bin >= found->second.bins().size()) return {};
  const auto& times = found->second.bins()[bin];
  return times.count() < kLeastCount ? Duration{} : times.quantile(0.99);
}

/// From t0 to the end.
std::vector<Second> seconds_of(const RunReport& report) {
  std::vector<Second> all;
  const auto bin = report.series.bin();
  const auto cpu = report.series.values().find(series::kGeneratorCpu);
  for (auto i = static_cast<std::size_t>(report.t0 / bin);
       bin * static_cast<Duration::rep>(i) < report.length; ++i) {
    Second one;
    one.at = bin * static_cast<Duration::rep>(i);
    if (cpu != report.series.values().end() && i < cpu->second.values().size())
      one.cpu = cpu->second.values()[i].value_or(0);
    one.lag = p99_of(report, series::kGeneratorLag, i);
    one.late = p99_of(report, series::kGeneratorLate, i);
    all.push_back(one);
  }
  return all;
}

/// Says in how many seconds a limit was hit, and how it was in the worst of them.
template <class Hit, class Amount, class Text>
void tell_worst(const RunReport& report, const std::vector<Second>& all, Hit hit, Amount amount, Text text,
                std::vector<std::string>& told) {
  const auto count = std::count_if(all.begin(), all.end(), hit);
  if (count == 0) return;
  const auto worst = std::max_element(
      all.begin(), all.end(), [&](const Second& a, const Second& b) { return amount(a) < amount(b); });
  told.push_back(fmt::format("{} in {} second{}, worst {:.0f} s after t0", text(*worst), count,
                             count == 1 ? "" : "s", std::max(0.0, seconds(worst->at - report.t0))));
}

void tell_seconds(const RunReport& report, std::vector<std::string>& told) {
  const auto all = seconds_of(report);
  tell_worst(
      report, all, [](const Second& one) { return one.full(); }, [](const Second& one) { return one.cpu; },
      [](const Second& one) {
        return fmt::format("its processor was {:.0f} % busy (most: {:.0f} %)", 100 * one.cpu, 100 * kMostCpu);
      },
      told);
  tell_worst(
      report, all, [](const Second& one) { return one.slow(); }, [](const Second& one) { return one.lag; },
      [](const Second& one) {
        return fmt::format("its timers ran {:.0f} ms late at p99 (most: {:.0f} ms)", ms(one.lag),
                           ms(kMostLate));
      },
      told);
  tell_worst(
      report, all, [](const Second& one) { return one.behind(); }, [](const Second& one) { return one.late; },
      [](const Second& one) {
        return fmt::format("it began {:.0f} ms late at p99 with what was due (most: {:.0f} ms)", ms(one.late),
                           ms(kMostLate));
      },
      told);
}

bool lacked_sockets(const GeneratorReport& generator) {
  return generator.descriptor_failures + generator.port_failures + generator.memory_failures > 0;
}

/// What was measured in a phase while the generator was full or late: answers wait then to be read, too.
void distrust_phase(const RunReport& report, Phase phase, std::vector<std::string>& told) {
  const auto begin = phase == Phase::surge ? report.t0 : report.hold_end;
  const auto end = phase == Phase::surge ? report.hold_end : report.length;
  std::size_t all = 0, bad = 0;
  for (const auto& one : seconds_of(report)) {
    if (one.at + report.series.bin() <= begin || one.at >= end) continue;
    ++all;
    if (one.full() || one.slow() || one.behind()) ++bad;
  }
  if (bad == 0) return;
  const auto sound = 100 * (1 - static_cast<double>(bad) / static_cast<double>(all));
  told.push_back(fmt::format("{}: every time{}: it was full or late in {} of {} seconds",
                             kPhaseNames[static_cast<std::size_t>(phase)],
                             sound < 1 ? "" : fmt::format(" above its p{:.0f}", std::floor(sound)), bad,
                             all));
}

}  // namespace

std::vector<std::string> limits_hit(const RunReport& report) {
  const auto& generator = report.generator;
  std::vector<std::string> hit;
  const auto lag = generator.lag.quantile(0.99);
  if (lag > kMostLate)
    hit.push_back(
        fmt::format("its timers ran {:.0f} ms late at p99 (most: {:.0f} ms)", ms(lag), ms(kMostLate)));
  if (generator.cpu_mean > kMostCpu)
    hit.push_back(fmt::format("its processor was {:.0f} % busy from t0 on (most: {:.0f} %)",
                              100 * generator.cpu_mean, 100 * kMostCpu));
  tell_seconds(report, hit);
  if (generator.descriptor_failures > 0 ||
      share(generator.descriptors_peak, generator.descriptors_limit) > kMostDescriptors)
    hit.push_back(fmt::format("it ran out of file descriptors ({} of {}; {} could not be opened): ulimit -n",
                              generator.descriptors_peak, generator.descriptors_limit,
                              generator.descriptor_failures));
  if (generator.port_failures > 0 || share(generator.ports_peak, generator.ports_limit) > kMostPorts)
    hit.push_back(
        fmt::format("it ran out of local ports ({} of {}; {} could not be opened): "
                    "sysctl net.ipv4.ip_local_port_range",
                    generator.ports_peak, generator.ports_limit, generator.port_failures));
  if (generator.memory_failures > 0)
    hit.push_back(fmt::format("the kernel had no memory for {} of its sockets", generator.memory_failures));
  return hit;
}

std::vector<std::string> not_to_be_trusted(const RunReport& report) {
  std::vector<std::string> told;
  if (report.generator.lag.quantile(0.99) > kMostLate || report.generator.cpu_mean > kMostCpu) {
    told.emplace_back("every time from t0 on");
  } else {
    distrust_phase(report, Phase::surge, told);
    distrust_phase(report, Phase::after, told);
  }
  for (const auto& [name, cohort] : report.cohorts) {
    for (const auto phase : {Phase::surge, Phase::after}) {
      const auto late = cohort[phase].late.quantile(0.99);
      if (late <= kMostLate) continue;
      told.push_back(
          fmt::format("{}.{}: every time that begins when something was due (startup, wait, refusal, "
                      "fetches): it began {:.0f} ms late at p99; refusal_answer is without that",
                      name, kPhaseNames[static_cast<std::size_t>(phase)], ms(late)));
    }
  }
  if (lacked_sockets(report.generator)) told.emplace_back("every count: viewers had no connection");
  return told;
}

}  // namespace levee::surge
