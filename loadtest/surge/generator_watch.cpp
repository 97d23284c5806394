#include "surge/generator_watch.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <utility>

#include <sys/resource.h>

#include "surge/descriptor_limit.hpp"

namespace levee::surge {
namespace {

Duration thread_cpu() {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  const auto time = [](const timeval& value) {
    return std::chrono::seconds{value.tv_sec} + std::chrono::microseconds{value.tv_usec};
  };
  return time(usage.ru_utime) + time(usage.ru_stime);
}

std::uint64_t local_ports() {
  std::ifstream range{"/proc/sys/net/ipv4/ip_local_port_range"};
  std::uint64_t first = 32768;
  std::uint64_t last = 60999;
  range >> first >> last;
  return last - first + 1;
}

double share(Duration part, Duration whole) {
  return static_cast<double>(part.count()) / static_cast<double>(std::max<Duration::rep>(1, whole.count()));
}

}  // namespace

GeneratorWatch::GeneratorWatch(const Network& network, GeneratorReport& report, TimeSeries& series,
                               TimePoint start)
    : network_{network},
      report_{report},
      start_{start},
      lag_series_{series.times(series::kGeneratorLag)},
      cpu_series_{series.max(series::kGeneratorCpu)},
      looked_at_{start},
      cpu_used_{thread_cpu()} {
  report_.agents = 1;
  report_.descriptors_limit = raise_descriptor_limit();
  report_.ports_limit = local_ports() * network.sources();
}

void GeneratorWatch::ticked(TimePoint due, TimePoint now, bool measured) {
  const auto lag = now - due;
  lag_now_.record(lag);
  lag_series_.record(now - start_, lag);
  if (measured) report_.lag.record(lag);
}

void GeneratorWatch::look(TimePoint now, bool measured) {
  const auto cpu = thread_cpu();
  const auto used = std::max(Duration::zero(), cpu - cpu_used_ - std::exchange(idle_, {}));
  const auto passed = now - looked_at_;
  cpu_used_ = cpu;
  looked_at_ = now;
  cpu_series_.set(now - start_, share(used, passed));
  if (measured) {
    cpu_measured_ += used;
    time_measured_ += passed;
    report_.cpu_peak = std::max(report_.cpu_peak, share(used, passed));
    report_.cpu_mean = share(cpu_measured_, time_measured_);
  }
  report_.descriptors_peak = std::max(report_.descriptors_peak, network_.connections_peak + 16);
  report_.ports_peak = std::max(report_.ports_peak, network_.connections_peak);
  report_.descriptor_failures = network_.failures.descriptors;
  report_.port_failures = network_.failures.ports;
  report_.memory_failures = network_.failures.memory;
  lag_of_second_ = lag_now_.quantile(0.99);
  lag_now_ = {};
}

}  // namespace levee::surge
