#include "support/track/track_world.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

namespace levee::test {
namespace {

using namespace std::chrono_literals;
using realtime::DeviceFix;
using realtime::DueReport;
using realtime::Motion;

constexpr TimePoint kStart{1000s};
constexpr double kMovingMps = 0.6;
constexpr std::size_t kStopSeconds = 45;  // standing for less is no stop

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

class FixedInterval final : public ReportPolicy {
 public:
  explicit FixedInterval(Duration interval) : interval_{interval} {}
  std::optional<DueReport> second(const DeviceFix* fix, TimePoint now) override {
    on_ = interval_ < 20s || now + 10s >= due_;
    if (fix == nullptr || now < due_) return {};
    due_ = now + interval_;
    return DueReport{Motion::moving, Duration::zero()};
  }
  bool receiver_on() const override { return on_; }

 private:
  Duration interval_;
  TimePoint due_{};
  bool on_ = true;
};

class DistanceRule final : public ReportPolicy {
 public:
  std::optional<DueReport> second(const DeviceFix* fix, TimePoint now) override {
    constexpr Duration kInterval = 300s;
    if (fix == nullptr) return {};
    moving_at_ = fix->speed_mps >= kMovingMps ? now : moving_at_;
    on_ = now - moving_at_ < 60s || now - reported_at_ >= kInterval - 10s;
    const bool due =
        !reported_ || now - reported_at_ >= kInterval ||
        realtime::distance_m(fix->place, reported_->place) >= 75 ||
        (fix->speed_mps >= kMovingMps && realtime::turn_deg(fix->heading_deg, reported_->heading_deg) >= 30);
    if (!due) return {};
    reported_ = *fix;
    reported_at_ = now;
    return DueReport{Motion::moving, Duration::zero()};
  }
  bool receiver_on() const override { return on_; }

 private:
  std::optional<DeviceFix> reported_;
  TimePoint reported_at_{};
  TimePoint moving_at_{};
  bool on_ = true;
};

class Adaptive final : public ReportPolicy {
 public:
  std::optional<DueReport> second(const DeviceFix* fix, TimePoint now) override {
    const auto report = fix != nullptr ? law_.take(*fix, now) : law_.take_nothing(now);
    if (report) reported_at_ = now;
    on_ = !law_.parked() || now - reported_at_ >= 290s;
    return report;
  }
  void answer(const realtime::RateDirective& directive) override { law_.set(directive); }
  bool receiver_on() const override { return on_; }

 private:
  static realtime::RateDirective before_any_answer() {
    realtime::RateMemory memory;
    return realtime::direct({}, {}, {}, memory, kStart);
  }
  realtime::TrackLaw law_{before_any_answer()};
  TimePoint reported_at_{};
  bool on_ = true;
};

struct Report {
  realtime::TrackFix fix;
  TimePoint made;
};

/// One device on its trace, the server, and a viewer.
class Run {
 public:
  Run(const Trace& trace, std::unique_ptr<ReportPolicy> policy, const realtime::TrackRates& table,
      bool watched)
      : trace_{trace}, policy_{std::move(policy)}, table_{table}, watched_{watched} {
    for (const auto& place : trace.checkpoints) checkpoints_.push_back({"", "", place, 20});
  }

  void go() {
    for (std::size_t i = 0; i < trace_.samples.size(); ++i) {
      const auto& sample = trace_.samples[i];
      const TimePoint now = kStart + std::chrono::seconds{i};
      if (sample.network) deliver(now);
      if (shown_) watch(sample, now);
      note_stop(sample, i, now);
      device(sample, now);
    }
  }

  std::vector<double> errors;
  std::vector<double> near_errors;
  std::vector<double> stops_seen;
  double joules = 0;
  std::size_t reports = 0;
  std::size_t moving_reports = 0;
  std::size_t moving_seconds = 0;
  std::size_t promises = 0;
  std::size_t broken = 0;
  std::size_t shown_seconds = 0;
  std::size_t live_seconds = 0;
  std::size_t outside_live = 0;
  std::size_t outside = 0;

 private:
  void device(const TraceSample& sample, TimePoint now) {
    const DeviceFix fix{sample.fix, 5, sample.speed_mps, sample.heading_deg};
    const auto due = policy_->second(sample.satellites ? &fix : nullptr, now);
    if (policy_->receiver_on()) joules += 0.35;
    if (!due) return;
    ++reports;
    if (sample.speed_mps >= kMovingMps) ++moving_reports;
    joules += 0.5 + 0.3 * std::min(5.0, seconds(now - last_report_));  // the tail of the one before
    last_report_ = now;
    if (sample.satellites) last_fix_ = {fix, now};
    Report report;
    report.fix.seq = ++seq_;
    report.fix.place = last_fix_.first.place;
    report.fix.accuracy_m = 5;
    report.fix.speed_mps = last_fix_.first.speed_mps;
    report.fix.motion = due->motion;
    report.fix.next = std::chrono::duration_cast<std::chrono::milliseconds>(due->promise);
    report.made = last_fix_.second;
    sent_.push_back(report);
  }

  // What was sent in the second before; after an outage the newest first, and the rest only to the trail.
  void deliver(TimePoint now) {
    if (sent_.empty()) return;
    const auto newest = sent_.back();
    sent_.clear();
    if (shown_ && shown_->fix.seq >= newest.fix.seq) return;
    shown_ = newest;
    heard_ = now;
    if (stopped_at_ && !stop_seen_ && newest.made >= *stopped_at_) {
      stop_seen_ = true;
      stops_seen.push_back(seconds(now - *stopped_at_));
    }
    realtime::RateInputs inputs;
    inputs.place = newest.fix.place;
    inputs.speed_mps = newest.fix.speed_mps;
    inputs.motion = newest.fix.motion;
    inputs.watched = watched_;
    policy_->answer(realtime::direct(table_, checkpoints_, inputs, memory_, now));
    if (newest.fix.next > 0ms) ++promises;
    promise_broken_ = false;
  }

  void watch(const TraceSample& sample, TimePoint now) {
    const double error = realtime::distance_m(sample.truth, shown_->fix.place);
    if (sample.speed_mps >= kMovingMps) {
      ++moving_seconds;
      errors.push_back(error);
      const bool near = std::ranges::any_of(trace_.checkpoints, [&](const auto& place) {
        return realtime::distance_m(sample.truth, place) <= 100;
      });
      if (near) near_errors.push_back(error);
    }
    const auto age = now - shown_->made;
    const bool is_outside = error > realtime::uncertainty_m(shown_->fix, age) + 15;
    const bool is_live = realtime::fix_state(age, shown_->fix.next) == realtime::FixState::live;
    ++shown_seconds;
    live_seconds += is_live ? 1 : 0;
    outside += is_outside ? 1 : 0;
    outside_live += is_live && is_outside ? 1 : 0;
    // 1 s for the way, 1 s for the step of this simulation.
    if (shown_->fix.next > 0ms && sample.network && now - heard_ > shown_->fix.next + 2s &&
        !promise_broken_) {
      promise_broken_ = true;
      ++broken;
    }
    if (!sample.network) promise_broken_ = true;  // not the device's fault
  }

  void note_stop(const TraceSample& sample, std::size_t i, TimePoint now) {
    const bool was_moving = i > 0 && !realtime::Place(trace_.samples[i - 1].truth).operator==(sample.truth);
    const auto stays = [&] {
      if (i + kStopSeconds >= trace_.samples.size()) return false;
      return trace_.samples[i + kStopSeconds].truth == sample.truth &&
             trace_.samples[i + 1].truth == sample.truth;
    };
    if (!was_moving) return;
    stopped_at_.reset();
    if (!stays()) return;
    stopped_at_ = now;
    stop_seen_ = false;
  }

  const Trace& trace_;
  std::unique_ptr<ReportPolicy> policy_;
  const realtime::TrackRates& table_;
  bool watched_;
  std::vector<realtime::Checkpoint> checkpoints_;
  realtime::RateMemory memory_;
  std::uint64_t seq_ = 0;
  std::pair<DeviceFix, TimePoint> last_fix_;
  TimePoint last_report_{};
  std::vector<Report> sent_;
  std::optional<Report> shown_;
  TimePoint heard_{};
  bool promise_broken_ = false;
  std::optional<TimePoint> stopped_at_;
  bool stop_seen_ = false;
};

double percentile(std::vector<double>& values, double share) {
  if (values.empty()) return 0;
  const auto place = static_cast<std::size_t>(share * static_cast<double>(values.size() - 1));
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(place));
  return values[place];
}

double share(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

void append(std::vector<double>& all, const std::vector<double>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

}  // namespace

PolicyMaker fixed_interval(Duration interval) {
  return [interval] { return std::make_unique<FixedInterval>(interval); };
}
PolicyMaker distance_rule() {
  return [] { return std::make_unique<DistanceRule>(); };
}
PolicyMaker adaptive() {
  return [] { return std::make_unique<Adaptive>(); };
}

TrackFigures run_traces(const std::vector<Trace>& traces, const PolicyMaker& make,
                        const realtime::TrackRates& table, bool watched) {
  std::vector<double> errors;
  std::vector<double> near_errors;
  std::vector<double> stops;
  double joules = 0;
  std::size_t all_seconds = 0;
  std::size_t reports = 0, moving_reports = 0, moving = 0, promises = 0, broken = 0;
  std::size_t shown = 0, live = 0, outside_live = 0, outside = 0;
  for (const auto& trace : traces) {
    Run run{trace, make(), table, watched};
    run.go();
    append(errors, run.errors);
    append(near_errors, run.near_errors);
    append(stops, run.stops_seen);
    joules += run.joules;
    all_seconds += trace.samples.size();
    reports += run.reports;
    moving_reports += run.moving_reports;
    moving += run.moving_seconds;
    promises += run.promises;
    broken += run.broken;
    shown += run.shown_seconds;
    live += run.live_seconds;
    outside_live += run.outside_live;
    outside += run.outside;
  }
  TrackFigures figures;
  figures.reports_per_hour = 3600 * share(reports, all_seconds);
  figures.reports_per_hour_moving = 3600 * share(moving_reports, moving);
  figures.milliwatts = 1000 * joules / static_cast<double>(all_seconds);
  figures.error_p50_m = percentile(errors, 0.5);
  figures.error_p95_m = percentile(errors, 0.95);
  figures.error_max_m = percentile(errors, 1);
  figures.checkpoint_p95_m = percentile(near_errors, 0.95);
  figures.stop_seen_p95_s = percentile(stops, 0.95);
  figures.stop_seen_max_s = percentile(stops, 1);
  figures.promises_broken = share(broken, promises);
  figures.outside_while_live = share(outside_live, live);
  figures.outside_at_all = share(outside, shown);
  return figures;
}

}  // namespace levee::test
