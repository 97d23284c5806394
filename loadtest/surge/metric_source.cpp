#include "surge/metric_source.hpp"

#include <cstdint>
#include <type_traits>

namespace levee::surge {
namespace {

using Number = std::optional<double>;

Number ratio(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(whole);
}

MetricSource<CohortWindow> counter(std::string_view name, std::string_view meaning,
                                   std::uint64_t CohortStats::*member) {
  return {name,
          meaning,
          Unit::count,
          false,
          [member](const CohortWindow& w) -> Number { return static_cast<double>(w.stats.*member); },
          nullptr};
}

MetricSource<CohortWindow> derived(std::string_view name, std::string_view meaning, Unit unit,
                                   bool good_when_absent, std::function<Number(const CohortWindow&)> number) {
  return {name, meaning, unit, good_when_absent, std::move(number), nullptr};
}

MetricSource<CohortWindow> times(std::string_view name, std::string_view meaning,
                                 Histogram CohortStats::*member, bool good_when_absent = false) {
  return {name,       meaning,
          Unit::time, good_when_absent,
          nullptr,    [member](const CohortWindow& w) { return &(w.stats.*member); }};
}

MetricSource<CohortWindow> fetch_times(FetchKind kind, std::string_view meaning) {
  const auto index = static_cast<std::size_t>(kind);
  return {kFetchNames[index], meaning, Unit::time, false, nullptr, [index](const CohortWindow& w) {
            return &w.stats.fetch[index];
          }};
}

MetricSource<CohortWindow> errors(ErrorKind kind, std::string_view meaning) {
  const auto index = static_cast<std::size_t>(kind);
  return {kErrorNames[index],
          meaning,
          Unit::count,
          false,
          [index](const CohortWindow& w) -> Number { return static_cast<double>(w.stats.errors[index]); },
          nullptr};
}

void add_viewers(std::vector<MetricSource<CohortWindow>>& all) {
  all.push_back(counter("planned", "viewers whose arrival was due", &CohortStats::planned));
  all.push_back(counter("started", "viewers that sent their first request", &CohortStats::started));
  all.push_back(counter("admitted", "viewers that got their first playlist", &CohortStats::admitted));
  all.push_back(counter("playing", "viewers that showed their first frame", &CohortStats::playing));
  all.push_back(counter("lost", "viewers that gave up", &CohortStats::lost));
  all.push_back(derived("admitted_fraction", "admitted, of those planned", Unit::fraction, false,
                        [](const CohortWindow& w) { return ratio(w.stats.admitted, w.stats.planned); }));
  all.push_back(derived("playing_fraction", "playing, of those planned", Unit::fraction, false,
                        [](const CohortWindow& w) { return ratio(w.stats.playing, w.stats.planned); }));
  all.push_back(derived("steady_fraction", "playing when the surge begins, of those that had arrived",
                        Unit::fraction, false,
                        [](const CohortWindow& w) { return ratio(w.stats.steady, w.stats.expected); }));
}

void add_stalls(std::vector<MetricSource<CohortWindow>>& all) {
  all.push_back(
      derived("stalled_fraction", "viewers with a stall, of those that watched", Unit::fraction, false,
              [](const CohortWindow& w) { return ratio(w.stats.viewers_stalled, w.stats.viewers_watched); }));
  all.push_back(counter("viewers_stalled", "viewers with a stall", &CohortStats::viewers_stalled));
  all.push_back(counter("stalls", "stalls of all viewers", &CohortStats::stalls));
  all.push_back(
      derived("stall_seconds", "time in stalls, all viewers", Unit::time, false,
              [](const CohortWindow& w) -> Number { return static_cast<double>(w.stats.stall_us) / 1e6; }));
  all.push_back(times("stall", "length of a stall", &CohortStats::stall, true));
}

void add_times(std::vector<MetricSource<CohortWindow>>& all) {
  all.push_back(times("startup", "from when the arrival was due to the first frame", &CohortStats::startup));
  all.push_back(times("startup_admitted", "from the first playlist to the first frame",
                      &CohortStats::startup_admitted));
  all.push_back(times("wait", "from when the arrival was due to the first playlist", &CohortStats::wait));
  all.push_back(times("latency", "behind live while playing", &CohortStats::latency));
  all.push_back(times("late", "how late the generator itself began with what was due", &CohortStats::late));
  all.push_back(
      times("return_time", "from a drop of the connection to the first answer", &CohortStats::return_time));
  all.push_back(times("media_return_time", "from a drop of the connection to media again",
                      &CohortStats::media_return_time));
  all.push_back(fetch_times(FetchKind::multivariant, "fetch of a multivariant playlist"));
  all.push_back(fetch_times(FetchKind::playlist, "fetch of a media playlist that does not block"));
  all.push_back(fetch_times(FetchKind::blocking_playlist, "blocking reload, the wait for the part included"));
  all.push_back(fetch_times(FetchKind::init, "fetch of an initialization section"));
  all.push_back(fetch_times(FetchKind::part, "fetch of a part"));
  all.push_back(fetch_times(FetchKind::segment, "fetch of a segment"));
  all.push_back(
      times("lateness", "blocking reload: after the part could have been there", &CohortStats::lateness));
}

void add_refusals(std::vector<MetricSource<CohortWindow>>& all) {
  all.push_back(counter("refusals", "503 answers to a first playlist", &CohortStats::refusals));
  all.push_back(
      counter("refused_media", "503 answers to viewers that were let in", &CohortStats::refused_media));
  all.push_back(
      times("refusal", "from when a refused request was due to its answer", &CohortStats::refusal, true));
  all.push_back(times("refusal_answer", "from when the generator began with it to its answer",
                      &CohortStats::refusal_answer, true));
  all.push_back(derived("told_fraction", "refusals that said when to come back", Unit::fraction, true,
                        [](const CohortWindow& w) { return ratio(w.stats.waits_told, w.stats.refusals); }));
  all.push_back(
      derived("honest_fraction", "let in when they came back as told", Unit::fraction, true,
              [](const CohortWindow& w) { return ratio(w.stats.waits_honest, w.stats.waits_kept); }));
}

void add_errors(std::vector<MetricSource<CohortWindow>>& all) {
  all.push_back(
      derived("errors", "requests that failed; refusals are none", Unit::count, false,
              [](const CohortWindow& w) -> Number { return static_cast<double>(w.stats.error_count()); }));
  all.push_back(errors(ErrorKind::no_connection, "connections that could not be opened"));
  all.push_back(errors(ErrorKind::reset, "connections reset, or closed in an answer"));
  all.push_back(errors(ErrorKind::time_out, "requests without an answer in time"));
  all.push_back(errors(ErrorKind::status_4xx, "answers 400 to 499"));
  all.push_back(errors(ErrorKind::status_5xx, "answers 500 to 599 but a refusal"));
  all.push_back(errors(ErrorKind::truncated, "bodies shorter than announced"));
  all.push_back(errors(ErrorKind::malformed, "answers and playlists that can't be read"));
  all.push_back(counter("requests", "requests sent", &CohortStats::requests));
  all.push_back(counter("reconnects", "connections opened again", &CohortStats::reconnects));
  all.push_back(counter("switches_up", "changes to a better rung", &CohortStats::switches_up));
  all.push_back(counter("switches_down", "changes to a lesser rung", &CohortStats::switches_down));
  all.push_back(derived("throughput", "bodies, all viewers, mean of the phase", Unit::rate, false,
                        [](const CohortWindow& w) -> Number {
                          if (w.seconds <= 0) return std::nullopt;
                          return static_cast<double>(w.stats.bytes) * 8 / w.seconds;
                        }));
}

template <class Of>
MetricSource<Of> plain(std::string_view name, std::string_view meaning, std::uint64_t Of::*member) {
  return {name,
          meaning,
          Unit::count,
          false,
          [member](const Of& of) -> Number { return static_cast<double>(of.*member); },
          nullptr};
}

template <class Of>
MetricSource<Of> plain_times(std::string_view name, std::string_view meaning, Histogram Of::*member) {
  return {name, meaning, Unit::time, false, nullptr, [member](const Of& of) { return &(of.*member); }};
}

/// What realtime clients lived through: all that is in their report.
template <class Of>
std::vector<MetricSource<Of>> realtime_sources() {
  std::vector<MetricSource<Of>> all{{"connected_fraction", "clients that got in, of those planned",
                                     Unit::fraction, false,
                                     [](const Of& of) { return ratio(of.connected, of.planned); }, nullptr}};
  for_each_field<Of>([&all](const auto& field) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(field)>, ReportTimes<Of>>) {
      all.push_back(plain_times(field.name, field.meaning, field.member));
    } else {
      all.push_back(plain(field.name, field.meaning, field.member));
    }
  });
  return all;
}

}  // namespace

const std::vector<MetricSource<CohortWindow>>& cohort_sources() {
  static const auto sources = [] {
    std::vector<MetricSource<CohortWindow>> all;
    add_viewers(all);
    add_stalls(all);
    add_times(all);
    add_refusals(all);
    add_errors(all);
    return all;
  }();
  return sources;
}

const std::vector<MetricSource<GeneratorReport>>& generator_sources() {
  using Source = MetricSource<GeneratorReport>;
  static const std::vector<Source> sources{
      plain_times("lag", "how late the generator's own timers ran", &GeneratorReport::lag),
      Source{"cpu_mean", "of the busiest agent from t0 on, of one core", Unit::fraction, false,
             [](const GeneratorReport& g) -> Number { return g.cpu_mean; }, nullptr},
      Source{"cpu_peak", "of the busiest agent in its busiest second", Unit::fraction, false,
             [](const GeneratorReport& g) -> Number { return g.cpu_peak; }, nullptr},
  };
  return sources;
}

const std::vector<MetricSource<ChatReport>>& chat_sources() {
  static const auto sources = realtime_sources<ChatReport>();
  return sources;
}

const std::vector<MetricSource<FeedReport>>& feed_sources() {
  static const auto sources = realtime_sources<FeedReport>();
  return sources;
}

const std::vector<MetricSource<TrackReport>>& track_sources() {
  static const auto sources = realtime_sources<TrackReport>();
  return sources;
}

const std::vector<MetricSource<PublisherReport>>& publisher_sources() {
  static const std::vector<MetricSource<PublisherReport>> sources{
      plain("failures", "connections refused, or lost unasked", &PublisherReport::failures),
      plain("blinks", "drops on purpose", &PublisherReport::blinks),
      plain_times("lag", "of each packet's sending behind its time", &PublisherReport::lag),
  };
  return sources;
}

}  // namespace levee::surge
