#include "levee/admission/load_meter.hpp"

#include <algorithm>
#include <cmath>

namespace levee::admission {
namespace {

constexpr double kEnoughViewers = 32;  // to tell what one costs
constexpr double kEnoughLoad = 0.02;
constexpr double kYoungSeconds = 8;     // until a viewer has filled its buffer and found its rung
constexpr double kYetToCome = 2.0 / 3;  // of its later cost, while one that started low has not
constexpr double kUnsettling = 4;       // a quarter of the audience being young: nothing can be learnt
constexpr double kCheaperSeconds = 2;   // quick to believe that viewers cost less,
constexpr double kDearerSeconds = 8;    // slow to believe that they cost more
constexpr double kLastingSeconds = 10;  // what stays for so long does not pass
constexpr double kDepartureSeconds = 3;
constexpr double kBelowCongestion = 0.95;  // where the ceiling is put
constexpr double kCreep = 0.004;           // a second: how fast it is tried again

double share_after(double seconds, double constant) { return 1 - std::exp(-seconds / constant); }

}  // namespace

void LoadMeter::measure(const Signals& signals, double seconds, bool start_low) {
  periods_[next_] = {seconds,
                     std::clamp(signals.cpu, 0.0, 1.0) * seconds,
                     signals.egress_bytes_per_second * seconds,
                     static_cast<double>(signals.incumbents) * seconds,
                     static_cast<double>(signals.admitted),
                     static_cast<double>(signals.seen)};
  next_ = (next_ + 1) % periods_.size();
  average(std::clamp(3 * std::chrono::duration<double>(signals.part_target).count(), 1.0, 2.0));
  find_load(signals, seconds);
  count_viewers(signals, seconds, start_low);
  learn_cost(seconds);
  const double unexplained = std::max(0.0, load_ - cost() * viewers_averaged_);
  beside_ += (unexplained - beside_) * share_after(seconds, kLastingSeconds);
}

double LoadMeter::room() const { return std::max(0.0, 1 - lasting_load()) / cost(); }

void LoadMeter::congested() {
  if (cpu_ > 0.9 * limits_.cpu) return;  // it is the CPU, and that is counted
  const double shown = egress_ * kBelowCongestion;
  if (ceiling_ && shown >= *ceiling_) return;
  ceiling_ = std::max(shown, 1.0);
  if (cost_ && viewers_averaged_ >= kEnoughViewers)  // what is scarce is another thing now
    cost_ = std::max(*cost_, egress_ / *ceiling_ / viewers_averaged_);
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
    sum.viewer_seconds += period.viewer_seconds;
    sum.seen += period.seen;
    unproven_ += period.admitted * std::max(0.0, 1 - (sum.seconds - period.seconds) / window);
  }
  if (sum.seconds <= 0) return;
  cpu_ = sum.cpu_seconds / std::max(sum.seconds, window / 2);
  egress_ = sum.bytes / std::max(sum.seconds, window / 2);
  viewers_averaged_ = sum.viewer_seconds / sum.seconds;
  questions_ = sum.seen / sum.seconds;
  averaged_ = sum.seconds >= 0.9 * window;
}

void LoadMeter::find_load(const Signals& signals, double seconds) {
  load_ = cpu_ / limits_.cpu;
  if (ceiling_) {
    load_ = std::max(load_, egress_ / *ceiling_);
    if (egress_ > 0.9 * *ceiling_) *ceiling_ *= 1 + kCreep * seconds;
  }
  if (signals.descriptor_limit == 0) return;
  files_ = static_cast<double>(signals.descriptors) / static_cast<double>(signals.descriptor_limit) /
           limits_.descriptors;
  load_ = std::max(load_, files_);
}

void LoadMeter::count_viewers(const Signals& signals, double seconds, bool start_low) {
  const auto viewers = static_cast<double>(signals.incumbents);
  const auto admitted = static_cast<double>(signals.admitted);
  const bool first = next_ == 1 && periods_[1].seconds == 0;  // those who are there came before
  const double left = first ? 0 : viewers_ + admitted - viewers;
  departures_ += (left / seconds - departures_) * share_after(seconds, kDepartureSeconds);
  viewers_ = viewers;
  const double grown = share_after(seconds, kYoungSeconds);
  young_ += admitted - young_ * grown;
  young_low_ += (start_low ? admitted : 0) - young_low_ * grown;
}

// How much of what is measured now says what a viewer costs: little while many have just come, and little
// while more ask at the door than watch.
double LoadMeter::settled_share() const {
  const double viewers = std::max(viewers_averaged_, 1.0);
  return std::clamp(1 - kUnsettling * young_ / viewers, 0.0, 1.0) *
         std::clamp(1 - questions_ / viewers, 0.0, 1.0);
}

void LoadMeter::learn_cost(double seconds) {
  if (!averaged_ || viewers_averaged_ < kEnoughViewers || load_ < kEnoughLoad) return;
  double share = settled_share();
  double viewers = viewers_averaged_;
  settled_ = settled_ || share > 0.5;
  if (!settled_) {  // nothing better is known: those who have just come must do
    share = 1;
    viewers -= kYetToCome * std::min(young_low_, viewers);
  }
  const double shown = load_ / viewers;
  const double constant = shown > cost() ? kDearerSeconds : kCheaperSeconds;
  cost_ = cost_ ? *cost_ + (shown - *cost_) * share_after(seconds * share, constant) : shown;
}

}  // namespace levee::admission
