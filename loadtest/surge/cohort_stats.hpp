#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "surge/histogram.hpp"

namespace levee::surge {

/// Who a viewer is in the run. Each is measured apart: a verdict on the average is no verdict.
enum class Cohort { incumbents, newcomers, weak, slow_readers, flapping };
/// As in reports and thresholds. In the order of `Cohort`.
inline constexpr std::array<std::string_view, 5> kCohortNames{"incumbents", "newcomers", "weak",
                                                              "slow_readers", "flapping"};

/// What was fetched.
enum class FetchKind { multivariant, playlist, blocking_playlist, init, part, segment };
/// The metric of each. In the order of `FetchKind`.
inline constexpr std::array<std::string_view, 6> kFetchNames{
    "multivariant_fetch", "playlist_fetch", "blocking_fetch", "init_fetch", "part_fetch", "segment_fetch"};

/// What went wrong with a request. A 503 to a newcomer that asks it to wait is none of these.
enum class ErrorKind { no_connection, reset, time_out, status_4xx, status_5xx, truncated, malformed };
/// The metric of each. In the order of `ErrorKind`.
inline constexpr std::array<std::string_view, 7> kErrorNames{
    "no_connections",    "resets",    "time_outs", "status_4xx_errors",
    "status_5xx_errors", "truncated", "malformed"};

/// What one cohort lived through in one phase of a run: plain counters and histograms that the players write
/// and anyone may merge.
///
/// Units: times are from when the event was due, not from when the generator got to it, but for
/// `refusal_answer`; `late` tells the difference. Thread: one.
struct CohortStats {
  std::uint64_t planned = 0;   ///< viewers whose arrival was due
  std::uint64_t started = 0;   ///< viewers whose first request was sent
  std::uint64_t admitted = 0;  ///< viewers that got their first multivariant playlist
  std::uint64_t playing = 0;   ///< viewers that showed their first frame
  std::uint64_t expected = 0;  ///< viewers that had arrived at t0; in `surge`
  std::uint64_t steady = 0;    ///< of those, showing the picture at t0
  std::uint64_t left = 0;      ///< viewers that left as planned
  std::uint64_t lost = 0;      ///< viewers that gave up
  std::uint64_t stalls = 0;    ///< times that a buffer ran dry
  /// Viewers with a stall, each counted once: in `before`, or in that phase from t0 on where its first one
  /// was.
  std::uint64_t viewers_stalled = 0;
  std::uint64_t viewers_watched = 0;  ///< viewers that played at some time, counted in the same way
  std::uint64_t stall_us = 0;         ///< time in stalls; also of those that never ended
  std::uint64_t requests = 0;
  std::uint64_t bytes = 0;  ///< of bodies, as they arrive
  std::uint64_t switches_up = 0;
  std::uint64_t switches_down = 0;
  std::uint64_t refusals = 0;       ///< 503 to a first playlist
  std::uint64_t refused_media = 0;  ///< 503 to a viewer that was let in: never right
  std::uint64_t waits_told = 0;     ///< refusals with a Retry-After
  std::uint64_t waits_kept = 0;     ///< viewers that came back when told (they obey)
  std::uint64_t waits_honest = 0;   ///< of those, let in when they came back
  std::uint64_t reconnects = 0;     ///< connections opened after the first of a viewer
  std::array<std::uint64_t, kErrorNames.size()> errors{};

  Histogram startup;           ///< from when the arrival was due to the first frame; waiting included
  Histogram startup_admitted;  ///< from the first multivariant playlist to the first frame
  Histogram wait;              ///< from when the arrival was due to the first multivariant playlist
  Histogram stall;             ///< length of each stall
  Histogram latency;           ///< behind live, sampled once a second for each viewer that plays
  Histogram lateness;          ///< of a blocking reload's answer, after the part could have been there
  Histogram refusal;           ///< from when a request was due to the end of its 503
  Histogram refusal_answer;  ///< from when the generator began with it, its connection included, to that end
  Histogram late;            ///< how late the generator began with what was due: arrivals, reloads, returns
  Histogram return_time;     ///< reconnect: from the drop to the first good answer after it
  /// reconnect: from the drop to the next media; a plain player waits for the next segment in it
  Histogram media_return_time;
  std::array<Histogram, kFetchNames.size()> fetch;

  std::map<std::string, double> rung_seconds;  ///< time played, by rendition

  Histogram& fetched(FetchKind kind) { return fetch[static_cast<std::size_t>(kind)]; }
  void failed(ErrorKind kind) { ++errors[static_cast<std::size_t>(kind)]; }
  /// All errors of all kinds.
  std::uint64_t error_count() const;

  void merge(const CohortStats& other);
  bool operator==(const CohortStats&) const = default;

  nlohmann::json to_json() const;
  /// Errors: throws as Histogram::from_json.
  static CohortStats from_json(const nlohmann::json& json);
};

/// A counter of CohortStats with its name in reports and thresholds.
struct CounterField {
  std::string_view name;
  std::uint64_t CohortStats::*member;
};
/// A histogram of CohortStats with its name in reports and thresholds.
struct HistogramField {
  std::string_view name;
  Histogram CohortStats::*member;
};
/// Every counter but the errors.
inline constexpr std::array kCounterFields{
    CounterField{"planned", &CohortStats::planned},
    CounterField{"started", &CohortStats::started},
    CounterField{"admitted", &CohortStats::admitted},
    CounterField{"playing", &CohortStats::playing},
    CounterField{"expected", &CohortStats::expected},
    CounterField{"steady", &CohortStats::steady},
    CounterField{"left", &CohortStats::left},
    CounterField{"lost", &CohortStats::lost},
    CounterField{"stalls", &CohortStats::stalls},
    CounterField{"viewers_stalled", &CohortStats::viewers_stalled},
    CounterField{"viewers_watched", &CohortStats::viewers_watched},
    CounterField{"stall_us", &CohortStats::stall_us},
    CounterField{"requests", &CohortStats::requests},
    CounterField{"bytes", &CohortStats::bytes},
    CounterField{"switches_up", &CohortStats::switches_up},
    CounterField{"switches_down", &CohortStats::switches_down},
    CounterField{"refusals", &CohortStats::refusals},
    CounterField{"refused_media", &CohortStats::refused_media},
    CounterField{"waits_told", &CohortStats::waits_told},
    CounterField{"waits_kept", &CohortStats::waits_kept},
    CounterField{"waits_honest", &CohortStats::waits_honest},
    CounterField{"reconnects", &CohortStats::reconnects},
};
/// Every histogram but the fetch times.
inline constexpr std::array kHistogramFields{
    HistogramField{"startup", &CohortStats::startup},
    HistogramField{"startup_admitted", &CohortStats::startup_admitted},
    HistogramField{"wait", &CohortStats::wait},
    HistogramField{"stall", &CohortStats::stall},
    HistogramField{"latency", &CohortStats::latency},
    HistogramField{"lateness", &CohortStats::lateness},
    HistogramField{"refusal", &CohortStats::refusal},
    HistogramField{"refusal_answer", &CohortStats::refusal_answer},
    HistogramField{"late", &CohortStats::late},
    HistogramField{"return_time", &CohortStats::return_time},
    HistogramField{"media_return_time", &CohortStats::media_return_time},
};

}  // namespace levee::surge
