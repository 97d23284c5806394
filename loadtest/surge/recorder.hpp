#pragma once

#include <optional>
#include <string_view>

#include "levee/base/clock.hpp"

#include "surge/run_report.hpp"

namespace levee::surge {

/// Where the viewers of one cohort write what they live through: into the phase that the run is in, and onto
/// the time axis. While the run is in none (incumbents still arrive), only the time axis keeps it.
///
/// Lifetime: `report` and `series` outlive it. Thread: one.
class Recorder {
 public:
  /// `start`: of the run; zero of its time axis.
  Recorder(std::string_view cohort, CohortReport& report, TimeSeries& series, TimePoint start);

  void enter(std::optional<Phase> phase);
  std::optional<Phase> phase() const { return phase_; }
  /// Of the phase that the run is in.
  CohortStats& stats() { return *stats_; }

  void fetched(FetchKind kind, Duration time, TimePoint now);
  void failed(ErrorKind kind, TimePoint now);
  /// A 503 that asks to wait: its end came `time` after its request was due, and `answer` after the generator
  /// had begun with it.
  void refused(Duration time, Duration answer, TimePoint now);
  /// The generator begins now with what was due `time` ago.
  void begun(Duration time, TimePoint now);
  void refused_media(TimePoint now);
  void behind_live(Duration latency, TimePoint now);
  /// How many play, stand still and wait now.
  void standing(std::uint64_t playing, std::uint64_t stalled, std::uint64_t waiting, TimePoint now);
  /// Takes over what connections have counted in `received_bytes` since the last call.
  void take_bytes(TimePoint now);

  /// The counter that this cohort's connections add to.
  std::uint64_t received_bytes = 0;

  std::uint64_t error_total() const { return errors_so_far_; }
  std::uint64_t refused_total() const { return refused_so_far_; }
  std::uint64_t byte_total() const { return taken_bytes_; }
  /// The 99th percentile of media fetches since the last call.
  Duration media_of_second();

 private:
  void count_request(TimePoint now);

  CohortReport& report_;
  TimePoint start_;
  CohortStats in_no_phase_;
  CohortStats* stats_ = &in_no_phase_;
  std::optional<Phase> phase_;
  std::uint64_t taken_bytes_ = 0;
  std::uint64_t errors_so_far_ = 0;
  std::uint64_t refused_so_far_ = 0;

  ValueSeries& playing_;
  ValueSeries& waiting_;
  ValueSeries& stalled_;
  ValueSeries& refused_;
  ValueSeries& errors_;
  ValueSeries& requests_;
  ValueSeries& bytes_;
  TimesSeries& latency_;
  TimesSeries& media_;
  TimesSeries& reload_;
  TimesSeries& late_;  ///< of all cohorts
  CoarseHistogram media_now_;
};

}  // namespace levee::surge
