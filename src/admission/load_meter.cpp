#include "levee/admission/load_meter.hpp"

#include <algorithm>
#include <cmath>

namespace levee::admission {
namespace {

constexpr double kEnoughViewers = 32;  // to tell what one costs
constexpr double kEnoughLoad = 0.02;
constexpr double kJoinSeconds = 3;         // of a viewer's later load: what beginning costs it
constexpr double kClimbSeconds = 8;        // until who started low has found its rung
constexpr double kYetToCome = 2.0 / 3;     // of its later cost, while it has not
constexpr double kBelowCongestion = 0.95;  // where the ceiling is put
constexpr double kCreep = 0.004;           // a second: how fast it is tried again

double share_after(double seconds, double constant) { return 1 - std::exp(-seconds / constant); }

}  // namespace

void LoadMeter::measure(const Signals& signals, double seconds, bool start_low) {
  periods_[next_] = {seconds, std::clamp(signals.cpu, 0.0, 1.0) * seconds,
                     signals.egress_bytes_per_second * seconds, static_cast<double>(signals.admitted)};
  next_ = (next_ + 1) % periods_.size();
  average(std::clamp(3 * std::chrono::duration<double>(signals.part_target).count(), 1.0, 2.0));

  load_ = cpu_ / limits_.cpu;
  if (ceiling_) {
    load_ = std::max(load_, egress_ / *ceiling_);
    if (egress_ > 0.9 * *ceiling_) *ceiling_ *= 1 + kCreep * seconds;
  }
  if (signals.descriptor_limit > 0) {
    const double open =
        static_cast<double>(signals.descriptors) / static_cast<double>(signals.descriptor_limit);
    load_ = std::max(load_, open / limits_.descriptors);
  }
  climbing_ *= std::exp(-seconds / kClimbSeconds);
  if (start_low) climbing_ += static_cast<double>(signals.admitted);
  count_departures(signals, seconds);
  learn_cost(signals, seconds);
}

double LoadMeter::room(double load) const {
  return std::max(0.0, std::max(0.0, 1 - load) / cost() - kYetToCome * climbing_);
}

void LoadMeter::congested() {
  if (cpu_ > 0.9 * limits_.cpu) return;  // it is the CPU, and that is counted
  const double shown = egress_ * kBelowCongestion;
  if (!ceiling_ || shown < *ceiling_) ceiling_ = std::max(shown, 1.0);
}

// Backwards over `window` seconds. A viewer let in `age` ago shows in a mean over `window` by age / window.
void LoadMeter::average(double window) {
  Period sum;
  unproven_ = 0;
  for (std::size_t i = 1; i <= periods_.size() && sum.seconds < window; ++i) {
    const Period& period = periods_[(next_ + periods_.size() - i) % periods_.size()];
    if (period.seconds == 0) break;
    sum.seconds += period.seconds;
    sum.cpu_seconds += period.cpu_seconds;
    sum.bytes += period.bytes;
    sum.admitted += period.admitted;
    unproven_ += period.admitted * std::max(0.0, 1 - (sum.seconds - period.seconds) / window);
  }
  if (sum.seconds <= 0) return;
  cpu_ = sum.cpu_seconds / std::max(sum.seconds, window / 2);
  egress_ = sum.bytes / std::max(sum.seconds, window / 2);
  admitted_rate_ = sum.admitted / sum.seconds;
  averaged_ = sum.seconds >= 0.9 * window;
}

void LoadMeter::count_departures(const Signals& signals, double seconds) {
  const auto incumbents = static_cast<double>(signals.incumbents);
  const double left = last_incumbents_ + static_cast<double>(signals.admitted) - incumbents;
  last_incumbents_ = incumbents;
  departures_ += (left / seconds - departures_) * share_after(seconds, 5);
}

// Slow to believe that viewers cost more, quick to believe that they cost less: questions at the door and the
// filling of buffers look like the first, in a surge.
void LoadMeter::learn_cost(const Signals& signals, double seconds) {
  const auto incumbents = static_cast<double>(signals.incumbents);
  const double viewers =
      incumbents + kJoinSeconds * admitted_rate_ - kYetToCome * std::min(climbing_, incumbents);
  if (!averaged_ || viewers < kEnoughViewers || load_ < kEnoughLoad) return;
  const double shown = load_ / viewers;
  cost_ = cost_ ? *cost_ + (shown - *cost_) * share_after(seconds, shown > *cost_ ? 8 : 1) : shown;
}

}  // namespace levee::admission
