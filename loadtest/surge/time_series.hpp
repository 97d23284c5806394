#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "levee/base/clock.hpp"

#include "surge/histogram.hpp"

namespace levee::surge {

/// How the values of several agents at one time become one.
enum class Merging { sum, max };

/// One named value over time. A bin that nobody wrote has none: it is not zero.
class ValueSeries {
 public:
  ValueSeries() = default;
  ValueSeries(Duration bin, Merging merging) : bin_{bin}, merging_{merging} {}

  /// Adds to the bin of `at` (time since the run's start; below zero is ignored).
  void add(Duration at, double amount = 1);
  /// Writes the bin of `at`; the last write stays.
  void set(Duration at, double value);

  Merging merging() const { return merging_; }
  const std::vector<std::optional<double>>& values() const { return values_; }
  void merge(const ValueSeries& other);
  bool operator==(const ValueSeries&) const = default;

 private:
  std::optional<double>* bin_of(Duration at);

  Duration bin_{0};
  Merging merging_ = Merging::sum;
  std::vector<std::optional<double>> values_;
};

/// The distribution of a time, over time: for percentiles that are plotted.
class TimesSeries {
 public:
  TimesSeries() = default;
  explicit TimesSeries(Duration bin) : bin_{bin} {}

  /// Counts `time` in the bin of `at` (time since the run's start; below zero is ignored).
  void record(Duration at, Duration time);

  const std::vector<CoarseHistogram>& bins() const { return bins_; }
  void merge(const TimesSeries& other);
  bool operator==(const TimesSeries&) const = default;

 private:
  friend class TimeSeries;
  Duration bin_{0};
  std::vector<CoarseHistogram> bins_;
};

/// All values of a run on one time axis.
///
/// Names: "<cohort>.<what>", "generator.<what>", "server.<what>"; those that the report plots stand in
/// `series`. Limits: at most `kMostBins` bins; what comes later is ignored. Thread: one.
/// Lifetime: the references handed out are good as long as the object.
class TimeSeries {
 public:
  static constexpr std::size_t kMostBins = 20'000;

  explicit TimeSeries(Duration bin = std::chrono::seconds{1}) : bin_{bin} {}

  Duration bin() const { return bin_; }
  /// The series of this name, made when it is not there. Ask once, keep the reference.
  ValueSeries& sum(std::string_view name) { return value(name, Merging::sum); }
  ValueSeries& max(std::string_view name) { return value(name, Merging::max); }
  TimesSeries& times(std::string_view name);

  const std::map<std::string, ValueSeries, std::less<>>& values() const { return values_; }
  const std::map<std::string, TimesSeries, std::less<>>& all_times() const { return times_; }

  /// Errors: throws std::runtime_error when the bins differ in length.
  void merge(const TimeSeries& other);
  bool operator==(const TimeSeries&) const = default;

  nlohmann::json to_json() const;
  /// Errors: throws as Histogram::from_json.
  static TimeSeries from_json(const nlohmann::json& json);

 private:
  ValueSeries& value(std::string_view name, Merging merging);

  Duration bin_;
  std::map<std::string, ValueSeries, std::less<>> values_;
  std::map<std::string, TimesSeries, std::less<>> times_;
};

/// The names that the report plots. Before each of the first group stands a cohort and a dot.
namespace series {
inline constexpr std::string_view kPlaying = "playing";  ///< sum, set: viewers that play
inline constexpr std::string_view kWaiting =
    "waiting";  ///< sum, set: viewers told to wait, or not yet playing
inline constexpr std::string_view kStalled = "stalled";      ///< sum, set: viewers in a stall
inline constexpr std::string_view kRefused = "refused";      ///< sum, add: 503 answers
inline constexpr std::string_view kErrors = "errors";        ///< sum, add
inline constexpr std::string_view kRequests = "requests";    ///< sum, add: as their answers end
inline constexpr std::string_view kBytes = "bytes";          ///< sum, add: body bytes as they arrive
inline constexpr std::string_view kLatency = "latency";      ///< times: behind live
inline constexpr std::string_view kMedia = "media_fetch";    ///< times: parts and segments
inline constexpr std::string_view kReload = "reload_fetch";  ///< times: media playlists, both kinds

inline constexpr std::string_view kGeneratorLag = "generator.lag";  ///< times: how late its own timers ran
inline constexpr std::string_view kGeneratorLate =
    "generator.late";  ///< times: how late it began with what was due
inline constexpr std::string_view kGeneratorCpu = "generator.cpu";  ///< max, set: share of one core

inline constexpr std::string_view kServerCpu = "server.cpu";       ///< max, set: cores in use
inline constexpr std::string_view kServerLag = "server.loop_lag";  ///< max, set: seconds
inline constexpr std::string_view kServerAdmission =
    "server.admission";  ///< max, set: the step of giving way, 0 none
inline constexpr std::string_view kServerRate = "server.admission_rate";  ///< max, set: newcomers a second
inline constexpr std::string_view kServerEgress = "server.egress";        ///< max, set: bytes a second
inline constexpr std::string_view kServerMemory = "server.memory";        ///< max, set: bytes resident
}  // namespace series

}  // namespace levee::surge
