#include "delivery/processor_demand.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

#include "delivery/kernel_socket.hpp"

namespace levee::delivery {
namespace {

constexpr int kWaiting = 2;

}  // namespace

Duration ProcessorDemand::total() {
  if (!std::exchange(opened_, true))
    schedstat_ = Descriptor{::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC)};
  const Duration used = thread_cpu_time();
  if (!schedstat_) return used;
  std::array<char, 96> text;
  const auto size = ::pread(schedstat_.number(), text.data(), text.size(), 0);
  if (size <= 0) return used;
  const auto waited = time_waited({text.data(), static_cast<std::size_t>(size)});
  return used + kWaiting * waited.value_or(Duration::zero());
}

std::optional<Duration> time_waited(std::string_view schedstat) {
  const auto space = schedstat.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  std::int64_t nanoseconds = 0;
  const char* const end = schedstat.data() + schedstat.size();
  const auto [rest, error] = std::from_chars(schedstat.data() + space + 1, end, nanoseconds);
  if (error != std::errc{} || rest == end || *rest != ' ' || nanoseconds < 0) return std::nullopt;
  return std::chrono::nanoseconds{nanoseconds};
}

}  // namespace levee::delivery
