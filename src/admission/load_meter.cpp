#include "levee/admission/load_meter.hpp"

#include <algorithm>

#include "admission/smoothing.hpp"

namespace levee::admission {
namespace {

constexpr double kEnoughViewers = 32;  // to tell what one costs
constexpr double kEnoughLoad = 0.02;
constexpr double kUsualFiles = 2;       // that a viewer holds: players at low latency fetch side by side
constexpr double kMostFiles = 6;        // what browsers open to a host
constexpr double kYoungSeconds = 8;     // until a viewer has filled its buffer and found its rung
constexpr double kYetToCome = 2.0 / 3;  // of its later cost, while one that started low has not
constexpr double kUnsettling = 4;       // a quarter of the audience being young: nothing can be learnt
constexpr double kSettled = 0.25;       // of what could be: enough to be believed
constexpr double kCheaperSeconds = 2;   // quick to believe that viewers cost less,
constexpr double kDearerSeconds = 8;    // slow to believe that they cost more
constexpr double kLastingSeconds = 10;  // what stays for so long does not pass
constexpr double kPassedSeconds = 2;    // quick to believe that it has
constexpr double kLeastRise = 0.1;      // and the most is what is supposed at first,
constexpr double kSupposed = 0.01;      // which is worth as much as loads that differ by a tenth
constexpr double kRiseSeconds = 60;     // over which they are looked at
constexpr Duration kQuietDoor = std::chrono::milliseconds{50};  // age of the accept queue
constexpr double kDepartureSeconds = 3;
constexpr double kJoinsToLearn = 200;      // of beginnings, until most of what is believed comes from them
constexpr double kMostJoin = 20;           // seconds
constexpr double kBelowCongestion = 0.95;  // where the ceiling is put
constexpr double kCreep = 0.004;           // a second: how fast it is tried again

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
  learn_cost(signals, seconds);
  learn_join(signals);
  const double unexplained = std::max(0.0, work_ - cost() * dearer(work_) * viewers_averaged_);
  beside_ += (unexplained - beside_) *
             share_after(seconds, unexplained > beside_ ? kLastingSeconds : kPassedSeconds);
}

double LoadMeter::viewers_to_be() const {
  const double always_low = std::min(young_low_, std::max(0.0, departures_) * kYoungSeconds);
  return std::max(0.0, viewers_ - kYetToCome * always_low);
}

// Solves: load = beside + cost of an idle node * viewers * dearer(load).
double LoadMeter::viewers_load() const {
  const double idle = cost() * viewers_to_be();
  const double load = (beside_ + idle) / std::max(0.1, 1 - rise_ * idle);
  return idle * dearer(load);
}

double LoadMeter::room() const {
  const double most = std::max(0.0, 1 - beside_) / (cost() * dearer(1));
  return std::clamp(most - viewers_to_be(), 0.0, files_left_);
}

double LoadMeter::room_now() const {
  const double left = std::max(0.0, 1 - work_) / (cost() * dearer(1));
  return std::min(left - unproven_, room());
}

void LoadMeter::congested() {
  if (cpu_ > 0.9 * limits_.cpu) return;  // it is the CPU, and that is counted
  const double shown = egress_ * kBelowCongestion;
  if (ceiling_ && shown >= *ceiling_) return;
  ceiling_ = std::max(shown, 1.0);
  if (cost_ && viewers_averaged_ >= kEnoughViewers)  // what is scarce is another thing now
    cost_ = std::max(*cost_, egress_ / *ceiling_ / viewers_averaged_ / dearer(1));
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
  work_ = cpu_ / limits_.cpu;
  if (ceiling_) {
    work_ = std::max(work_, egress_ / *ceiling_);
    if (egress_ > 0.9 * *ceiling_) *ceiling_ *= 1 + kCreep * seconds;
  }
  if (signals.descriptor_limit == 0) return;
  const auto taken = static_cast<double>(signals.descriptors);
  const double limit = static_cast<double>(signals.descriptor_limit) * limits_.descriptors;
  files_ = taken / limit;
  const auto viewers = static_cast<double>(signals.incumbents);
  const double each = viewers >= kEnoughViewers ? std::clamp(taken / viewers, 1.0, kMostFiles) : kUsualFiles;
  files_left_ = std::max(0.0, limit - taken) / each;
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

// What is measured says little of what a viewer costs while many have just come; but where there were no
// others yet, they must do. What beginnings and the door take can only make viewers seem dearer than they
// are: that they are cheaper is believed at any time, if it does not come of the lower rung that some are on.
void LoadMeter::learn_cost(const Signals& signals, double seconds) {
  if (!averaged_ || viewers_averaged_ < kEnoughViewers || work_ < kEnoughLoad) return;
  double share = std::clamp(1 - kUnsettling * young_ / viewers_averaged_, 0.0, 1.0);
  settled_ = settled_ || share > kSettled;
  if (!settled_) share = 1;
  const double bytes = egress_ / viewers_averaged_;
  bytes_ = bytes_ > 0 ? bytes_ + (bytes - bytes_) * share_after(seconds * share, kDearerSeconds) : bytes;
  // While some fill their buffers or are on a lower rung, one of the two says too little, never both.
  const double each = work_ / viewers_averaged_;
  const double by_bytes = egress_ > 0 ? work_ / egress_ * bytes_ : each;
  learn_rise(by_bytes, seconds);
  const double shown = std::max(each, by_bytes) / dearer(work_);
  if (!cost_) {
    cost_ = shown;
  } else if (shown > *cost_) {
    const bool quiet = signals.accept_age < kQuietDoor;
    share *= quiet ? viewers_averaged_ / (viewers_averaged_ + questions_) : 0;
    *cost_ += (shown - *cost_) * share_after(seconds * share, kDearerSeconds);
  } else {
    *cost_ += (shown - *cost_) * share_after(seconds, kCheaperSeconds);
  }
}

// A line through what a viewer took and how loaded the node was then, over the last minute. Loads that hardly
// differ tell nothing of it, and what is supposed stays.
void LoadMeter::learn_rise(double each, double seconds) {
  const double share = mean_each_ == 0 ? 1 : share_after(seconds, kRiseSeconds);
  const double dx = work_ - mean_load_;
  const double dy = each - mean_each_;
  mean_load_ += share * dx;
  mean_each_ += share * dy;
  spread_ = (1 - share) * (spread_ + share * dx * dx);
  together_ = (1 - share) * (together_ + share * dx * dy);
  const double idle = mean_each_ / (1 + kUnknownRise * mean_load_);
  const double slope = (together_ + kSupposed * kUnknownRise * idle) / (spread_ + kSupposed);
  const double before = dearer(work_);
  rise_ =
      std::clamp(slope / std::max(mean_each_ - slope * mean_load_, mean_each_ / 2), kLeastRise, kUnknownRise);
  if (cost_) *cost_ *= before / dearer(work_);  // which is what was known of it at this load
}

void LoadMeter::learn_join(const Signals& signals) {
  const auto begun = static_cast<double>(signals.begun);
  if (begun == 0 || bytes_ <= 0) return;
  const double each =
      signals.begun_bytes / begun / bytes_ - std::chrono::duration<double>(kBeginning).count();
  join_seconds_ += (std::clamp(each, 1.0, kMostJoin) - join_seconds_) * share_after(begun, kJoinsToLearn);
}

}  // namespace levee::admission
