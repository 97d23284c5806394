#include "surge/recorder.hpp"

#include <string>

namespace levee::surge {
namespace {

std::string named(std::string_view cohort, std::string_view what) {
  return std::string{cohort} + "." + std::string{what};
}

}  // namespace

Recorder::Recorder(std::string_view cohort, CohortReport& report, TimeSeries& series, TimePoint start)
    : report_{report},
      start_{start},
      playing_{series.sum(named(cohort, series::kPlaying))},
      waiting_{series.sum(named(cohort, series::kWaiting))},
      stalled_{series.sum(named(cohort, series::kStalled))},
      refused_{series.sum(named(cohort, series::kRefused))},
      errors_{series.sum(named(cohort, series::kErrors))},
      requests_{series.sum(named(cohort, series::kRequests))},
      bytes_{series.sum(named(cohort, series::kBytes))},
      latency_{series.times(named(cohort, series::kLatency))},
      media_{series.times(named(cohort, series::kMedia))},
      reload_{series.times(named(cohort, series::kReload))},
      late_{series.times(series::kGeneratorLate)} {}

void Recorder::enter(std::optional<Phase> phase) {
  phase_ = phase;
  stats_ = phase ? &report_[*phase] : &in_no_phase_;
}

void Recorder::count_request(TimePoint now) {
  ++stats_->requests;
  requests_.add(now - start_);
}

void Recorder::fetched(FetchKind kind, Duration time, TimePoint now) {
  count_request(now);
  stats_->fetched(kind).record(time);
  if (kind == FetchKind::part || kind == FetchKind::segment) {
    media_.record(now - start_, time);
    media_now_.record(time);
  }
  if (kind == FetchKind::playlist || kind == FetchKind::blocking_playlist) reload_.record(now - start_, time);
}

void Recorder::failed(ErrorKind kind, TimePoint now) {
  count_request(now);
  ++errors_so_far_;
  stats_->failed(kind);
  errors_.add(now - start_);
}

void Recorder::refused(Duration time, Duration answer, TimePoint now) {
  count_request(now);
  ++stats_->refusals;
  ++refused_so_far_;
  stats_->refusal.record(time);
  stats_->refusal_answer.record(answer);
  refused_.add(now - start_);
}

void Recorder::begun(Duration time, TimePoint now) {
  stats_->late.record(time);
  late_.record(now - start_, time);
}

void Recorder::refused_media(TimePoint now) {
  count_request(now);
  ++stats_->refused_media;
  ++refused_so_far_;
  refused_.add(now - start_);
}

void Recorder::behind_live(Duration latency, TimePoint now) {
  stats_->latency.record(latency);
  latency_.record(now - start_, latency);
}

void Recorder::standing(std::uint64_t playing, std::uint64_t stalled, std::uint64_t waiting, TimePoint now) {
  playing_.set(now - start_, static_cast<double>(playing));
  stalled_.set(now - start_, static_cast<double>(stalled));
  waiting_.set(now - start_, static_cast<double>(waiting));
}

void Recorder::take_bytes(TimePoint now) {
  const auto more = received_bytes - taken_bytes_;
  taken_bytes_ = received_bytes;
  stats_->bytes += more;
  bytes_.add(now - start_, static_cast<double>(more));
}

Duration Recorder::media_of_second() {
  const auto p99 = media_now_.quantile(0.99);
  media_now_ = {};
  return p99;
}

}  // namespace levee::surge
