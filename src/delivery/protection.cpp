#include "delivery/protection.hpp"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "delivery/kernel_socket.hpp"

namespace levee::delivery {
namespace {

/// A heartbeat is due every 50 ms: what it is late beyond that is lag that the shard could not even report.
constexpr Duration kBeat = std::chrono::milliseconds{50};
/// Weak links are left out of the lateness unless there are more of them than that: then it is the server's
/// own link.
constexpr double kWeakShare = 0.3;

double seconds_of(Duration duration) { return std::chrono::duration<double>(duration).count(); }
std::int64_t ms_of(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

admission::Lateness summary(const LatenessHistogram& histogram) {
  return {histogram.count(), histogram.quantile(0.5), histogram.quantile(0.9), histogram.quantile(0.99),
          histogram.max()};
}

}  // namespace

Protection::Protection(Settings settings) : settings_{settings}, controller_{settings.shards} {
  for (std::size_t i = 0; i < settings_.shards; ++i) slots_.push_back(std::make_unique<ReadingSlot>());
  facts_.shards = settings_.shards;
}

admission::Grant Protection::evaluate(TimePoint now, Duration lag) {
  const auto signals = gather(now);
  admission::Grant grant;
  if (settings_.enabled) grant = controller_.evaluate(signals, now);
  bound(grant);
  remember(signals, now, lag);
  tell_change(grant, signals);
  const std::lock_guard lock{mutex_};
  facts_.grant = grant;
  facts_.signals = signals;
  facts_.load = controller_.load();
  facts_.pressure = controller_.pressure();
  facts_.seen += signals.seen;
  facts_.admitted += signals.admitted;
  facts_.refused += signals.refused;
  facts_.returned += signals.returning;
  ++facts_.evaluations;
  return grant;
}

ProtectionFacts Protection::facts() const {
  const std::lock_guard lock{mutex_};
  return facts_;
}

admission::Signals Protection::gather(TimePoint now) {
  std::vector<ShardReading> readings;
  readings.reserve(slots_.size());
  for (const auto& slot : slots_) readings.push_back(slot->take());
  auto signals = together(readings, now);
  signals.descriptor_limit = settings_.file_limit;
  const bool counts = settings_.file_limit != 0;
  const std::size_t open = counts ? lowest_free_descriptor().value_or(settings_.file_limit) : 0;
  std::size_t at_the_door = 0;
  for (const auto& reading : readings) at_the_door += reading.at_the_door;
  // Who waits has a descriptor already. Were those counted, a crowd at the door would keep it shut.
  signals.descriptors = std::max(open - std::min(open, at_the_door), std::min(open, signals.incumbents));
  const std::lock_guard lock{mutex_};
  facts_.at_the_door = at_the_door;
  facts_.descriptors = open;
  return signals;
}

admission::Signals Protection::together(const std::vector<ShardReading>& readings, TimePoint now) {
  admission::Signals out;
  LatenessHistogram weak;
  deliveries_.clear();
  std::uint32_t accept_queue = 0;
  std::uint64_t parks = 0;
  double cores_used = 0;
  for (const auto& reading : readings) {
    deliveries_.add(reading.steady);
    weak.add(reading.weak);
    const bool beats = reading.taken != TimePoint{};
    const Duration overdue = beats ? now - reading.taken - kBeat : Duration::zero();
    out.loop_lag = std::max({out.loop_lag, reading.loop_lag, overdue});
    out.accept_age = std::max(out.accept_age, reading.accept_age);
    if (reading.time > Duration::zero()) {
      cores_used += seconds_of(reading.cpu) / seconds_of(reading.time);
      out.egress_bytes_per_second += static_cast<double>(reading.bytes) / seconds_of(reading.time);
    } else if (beats) {
      cores_used += 1;  // too busy to tell
    }
    out.send_queue_bytes += reading.send_queue;
    out.incumbents += reading.sessions;
    out.parked += reading.parked;
    out.waiting += reading.waiting;
    out.reserved += reading.reserved;
    out.seen += reading.tally.seen;
    out.admitted += reading.tally.admitted;
    out.refused += reading.tally.refused;
    out.returning += reading.returning;
    out.begun += reading.beginnings.count;
    out.begun_bytes += static_cast<double>(reading.beginnings.bytes);
    accept_queue += reading.accept_queue;
    parks += reading.parks;
  }
  const auto cores = static_cast<double>(std::min(settings_.cores, settings_.shards));
  out.cpu = std::min(1.0, cores_used / cores);
  if (static_cast<double>(weak.count()) >
      kWeakShare * static_cast<double>(deliveries_.count() + weak.count()))
    deliveries_.add(weak);
  out.lateness = summary(deliveries_);
  out.part_target = out.parked > 0 || parks > 0 ? settings_.part : settings_.segment;
  const std::lock_guard lock{mutex_};
  facts_.accept_queue = accept_queue;
  return out;
}

void Protection::remember(const admission::Signals& signals, TimePoint now, Duration lag) {
  const auto second = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  for (auto next = std::max(second_, second - static_cast<std::int64_t>(kSeconds)); next < second;)
    seconds_[static_cast<std::size_t>(++next) % kSeconds] = {};
  second_ = second;
  Second& current = seconds_[static_cast<std::size_t>(second) % kSeconds];
  current.lateness.add(deliveries_);
  current.loop_lag = std::max(current.loop_lag, signals.loop_lag);
  current.accept_age = std::max(current.accept_age, signals.accept_age);
  current.control_lag = std::max(current.control_lag, lag);

  Second all;
  for (const auto& each : seconds_) {
    all.lateness.add(each.lateness);
    all.loop_lag = std::max(all.loop_lag, each.loop_lag);
    all.accept_age = std::max(all.accept_age, each.accept_age);
    all.control_lag = std::max(all.control_lag, each.control_lag);
  }
  const std::lock_guard lock{mutex_};
  facts_.lateness = summary(all.lateness);
  facts_.loop_lag = all.loop_lag;
  facts_.accept_age = all.accept_age;
  facts_.control_lag = all.control_lag;
}

/// The operator's bound on what was measured.
void Protection::bound(admission::Grant& grant) const {
  if (settings_.max_newcomers_per_second <= 0) return;
  grant.bound(settings_.max_newcomers_per_second / static_cast<double>(settings_.shards));
}

void Protection::tell_change(const admission::Grant& grant, const admission::Signals& signals) {
  if (grant.level == level_) return;
  const auto before = std::exchange(level_, grant.level);
  spdlog::info(
      "admission level={} was={} newcomers_per_second={:.0f} load={:.2f} pressure={:.2f} late_p90_ms={} "
      "loop_lag_ms={} accept_age_ms={} cpu={:.2f} egress_mbps={:.0f} send_queue_bytes={} incumbents={} "
      "waiting={} "
      "descriptors={}",
      to_string(grant.level), to_string(before), grant.rate * static_cast<double>(settings_.shards),
      controller_.load(), controller_.pressure(), ms_of(signals.lateness.p90), ms_of(signals.loop_lag),
      ms_of(signals.accept_age), signals.cpu, signals.egress_bytes_per_second * 8 / 1e6,
      signals.send_queue_bytes, signals.incumbents, signals.waiting, signals.descriptors);
}

}  // namespace levee::delivery
