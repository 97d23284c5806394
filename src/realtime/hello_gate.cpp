#include "levee/realtime/hello_gate.hpp"

#include <algorithm>
#include <chrono>

namespace levee::realtime {
namespace {

constexpr Duration kLongestWait = std::chrono::seconds{20};
constexpr std::int64_t kSpreadMs = 500;

Rate rate_of(std::size_t per_second) {
  const auto rate = std::clamp<std::size_t>(per_second, 1, 1'000'000);
  return {std::chrono::nanoseconds{1'000'000'000 / rate}, static_cast<int>(rate)};
}

}  // namespace

HelloGate::HelloGate(const Rates& rates) {
  queues_[static_cast<std::size_t>(Arrival::resume)].rate = rate_of(rates.resume);
  queues_[static_cast<std::size_t>(Arrival::known)].rate = rate_of(rates.known);
  queues_[static_cast<std::size_t>(Arrival::cold)].rate = rate_of(rates.cold);
}

std::optional<Retry> HelloGate::admit(Arrival arrival, TimePoint now) {
  auto& queue = queues_[static_cast<std::size_t>(arrival)];
  if (queue.bucket.take(queue.rate, now) == Duration::zero()) return {};
  queue.turned_back.add();
  queue.next_free = std::max(queue.next_free, now) + queue.rate.interval;
  const auto wait = std::min(queue.next_free - now, kLongestWait);
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
  return Retry{ms, ms + kSpreadMs};
}

}  // namespace levee::realtime
