#include "surge/digest.hpp"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

#include "surge/quantity.hpp"

namespace levee::surge {
namespace {

double seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

std::string time_text(double value) { return write_quantity(value, Unit::time); }
std::string count_text(std::uint64_t value) {
  return write_quantity(static_cast<double>(value), Unit::count);
}

/// Makes the rows of one cohort.
class CohortRows {
 public:
  CohortRows(std::string name, const CohortReport& cohort, std::vector<DigestRow>& rows)
      : name_{std::move(name)}, cohort_{cohort}, rows_{rows} {}

  template <class Text>
  void add(const std::string& label, Text text, bool alarming = false) {
    DigestRow row{name_, label, {}, alarming};
    for (std::size_t i = 0; i < row.phases.size(); ++i) row.phases[i] = text(cohort_.phases[i]);
    rows_.push_back(std::move(row));
  }

  /// A row with the 99th percentile, unless there is nothing in any phase.
  template <class Times>
  void add_p99(const std::string& label, Times times) {
    const bool any = std::any_of(cohort_.phases.begin(), cohort_.phases.end(),
                                 [&times](const CohortStats& stats) { return times(stats).count() > 0; });
    if (!any) return;
    add(label, [&times](const CohortStats& stats) -> std::string {
      const Histogram& of = times(stats);
      return of.count() == 0 ? "-" : time_text(seconds(of.quantile(0.99)));
    });
  }

  /// A row with a count, unless it is zero in every phase.
  template <class Count>
  void add_count(const std::string& label, Count count, bool alarming) {
    const bool any = std::any_of(cohort_.phases.begin(), cohort_.phases.end(),
                                 [&count](const CohortStats& stats) { return count(stats) != 0; });
    if (any)
      add(
          label, [&count](const CohortStats& stats) { return count_text(count(stats)); }, alarming);
  }

 private:
  std::string name_;
  const CohortReport& cohort_;
  std::vector<DigestRow>& rows_;
};

void add_cohort(const std::string& name, const CohortReport& cohort, std::vector<DigestRow>& rows) {
  CohortRows add{name, cohort, rows};
  const bool incumbents = name == "incumbents";
  const auto& phases = cohort.phases;
  const bool stalled = std::any_of(phases.begin(), phases.end(), [](const auto& s) { return s.stalls > 0; });
  if (!incumbents) {
    add.add_count(
        "arrived", [](const CohortStats& s) { return s.planned; }, false);
    add.add_count(
        "started to play", [](const CohortStats& s) { return s.playing; }, false);
  }
  const auto& at_t0 = cohort[Phase::surge];
  if (incumbents && at_t0.expected > 0) {
    add.add(
        "playing when it began",
        [](const CohortStats& s) -> std::string {
          return s.expected == 0 ? "-"
                                 : fmt::format("{} of {}", count_text(s.steady), count_text(s.expected));
        },
        at_t0.steady < at_t0.expected);
  }
  add.add(
      "viewers that stalled",
      [](const CohortStats& s) -> std::string {
        return s.viewers_watched == 0
                   ? "-"
                   : fmt::format("{} of {}", count_text(s.viewers_stalled), count_text(s.viewers_watched));
      },
      incumbents&& stalled);
  if (stalled)
    add.add(
        "time in stalls",
        [](const CohortStats& s) { return time_text(static_cast<double>(s.stall_us) / 1e6); }, incumbents);
  if (!incumbents) {
    add.add_p99("startup p99", [](const CohortStats& s) -> const Histogram& { return s.startup; });
    add.add_p99("startup once in p99",
                [](const CohortStats& s) -> const Histogram& { return s.startup_admitted; });
    add.add_count(
        "told to wait (503)", [](const CohortStats& s) { return s.refusals; }, false);
    add.add_p99("503 p99, from due", [](const CohortStats& s) -> const Histogram& { return s.refusal; });
    add.add_p99("503 p99, once begun",
                [](const CohortStats& s) -> const Histogram& { return s.refusal_answer; });
  }
  add.add_p99("part p99", [](const CohortStats& s) -> const Histogram& {
    return s.fetch[static_cast<std::size_t>(FetchKind::part)];
  });
  add.add_p99("segment p99", [](const CohortStats& s) -> const Histogram& {
    return s.fetch[static_cast<std::size_t>(FetchKind::segment)];
  });
  add.add_p99("reload lateness p99", [](const CohortStats& s) -> const Histogram& { return s.lateness; });
  add.add_p99("behind live p99", [](const CohortStats& s) -> const Histogram& { return s.latency; });
  add.add_p99("back after a drop p99",
              [](const CohortStats& s) -> const Histogram& { return s.return_time; });
  add.add_p99("media again p99",
              [](const CohortStats& s) -> const Histogram& { return s.media_return_time; });
  add.add_p99("generator late p99", [](const CohortStats& s) -> const Histogram& { return s.late; });
  add.add_count(
      "refused though let in", [](const CohortStats& s) { return s.refused_media; }, true);
  add.add_count(
      "errors", [](const CohortStats& s) { return s.error_count(); }, true);
  add.add_count(
      "gave up", [](const CohortStats& s) { return s.lost; }, true);
}

/// The greatest value that a series had from t0 on; nothing when there is none.
std::optional<double> peak_of(const RunReport& report, std::string_view name) {
  const auto series = report.series.values().find(name);
  if (series == report.series.values().end()) return std::nullopt;
  std::optional<double> peak;
  const auto first = static_cast<std::size_t>(report.t0 / report.series.bin());
  const auto& values = series->second.values();
  for (std::size_t i = first; i < values.size(); ++i) {
    if (values[i]) peak = std::max(peak.value_or(*values[i]), *values[i]);
  }
  return peak;
}

std::string server_text(const RunReport& report) {
  std::string text;
  const auto say = [&text](const std::string& what) { text += (text.empty() ? "" : ", ") + what; };
  if (const auto cpu = peak_of(report, series::kServerCpu)) say(fmt::format("{:.2f} cores", *cpu));
  if (const auto lag = peak_of(report, series::kServerLag)) say("loop lag " + time_text(*lag));
  if (const auto egress = peak_of(report, series::kServerEgress))
    say("egress " + write_quantity(*egress * 8, Unit::rate));
  if (const auto memory = peak_of(report, series::kServerMemory))
    say(fmt::format("{:.0f} MiB", *memory / 1048576));
  if (const auto state = peak_of(report, series::kServerAdmission))
    say(fmt::format("admission state {:.0f}", *state));
  return text.empty() ? text : "at its peak: " + text;
}

std::string generator_text(const GeneratorReport& generator) {
  return fmt::format(
      "{} agent{}{}, processor {:.0f} % busy (peak {:.0f} %), timers late by {} at p99, {} of {} descriptors",
      generator.agents, generator.agents == 1 ? "" : "s", generator.busy_poll ? " that never slept" : "",
      generator.cpu_mean * 100, generator.cpu_peak * 100, time_text(seconds(generator.lag.quantile(0.99))),
      count_text(generator.descriptors_peak), count_text(generator.descriptors_limit));
}

/// What became of realtime clients' connections, where there is something to say.
std::string connections_text(const ConnectionReport& of) {
  auto text = fmt::format("{} of {} clients", count_text(of.connected), count_text(of.planned));
  if (of.lost > 0) text += fmt::format(", {} connections lost", count_text(of.lost));
  if (of.dropped > 0)
    text += fmt::format(", {} dropped (back p99 {})", count_text(of.dropped),
                        time_text(seconds(of.back.quantile(0.99))));
  return text;
}

std::string chat_text(const ChatReport& chat) {
  return fmt::format("{}, delivery p99 {}, {} missed, {} twice, {} out of order", connections_text(chat),
                     time_text(seconds(chat.delivery.quantile(0.99))), count_text(chat.missed),
                     count_text(chat.duplicates), count_text(chat.out_of_order));
}

std::string feed_text(const FeedReport& feed) {
  auto text =
      fmt::format("{}, delivery p99 {}, {} missed, {} twice, {} out of order, {} of {} looks stale as live",
                  connections_text(feed), time_text(seconds(feed.delivery.quantile(0.99))),
                  count_text(feed.missed), count_text(feed.duplicates), count_text(feed.out_of_order),
                  count_text(feed.stale_as_live), count_text(feed.judged));
  if (feed.stale_acts > 0)
    text += fmt::format(", {} of {} acts on old quotes accepted", count_text(feed.stale_acts_accepted),
                        count_text(feed.stale_acts));
  return text;
}

std::string track_text(const TrackReport& track) {
  return fmt::format(
      "{}, delivery p99 {}, {} missed, {} twice, {} out of order, {} of {} late reports as the present, "
      "{} of {} looks too fresh",
      connections_text(track), time_text(seconds(track.delivery.quantile(0.99))), count_text(track.missed),
      count_text(track.duplicates), count_text(track.out_of_order), count_text(track.past_as_present),
      count_text(track.backlog), count_text(track.stale_as_live), count_text(track.judged));
}

std::string limit_text(const std::optional<std::uint32_t>& most, const std::string& gave_way) {
  if (!most)
    return "not even the least that was tried held" +
           (gave_way.empty() ? "" : "; first gave way: " + gave_way);
  return count_text(*most) + (gave_way.empty() ? "" : "; beyond, first gave way: " + gave_way);
}

}  // namespace

std::vector<DigestRow> digest(const RunReport& report) {
  std::vector<DigestRow> rows;
  for (const auto name : kCohortNames) {
    const auto cohort = report.cohorts.find(std::string{name});
    if (cohort != report.cohorts.end()) add_cohort(cohort->first, cohort->second, rows);
  }
  return rows;
}

std::string what_was_done(const RunReport& report) {
  const auto setting = [&report](const char* key) {
    const auto place = report.settings.find(key);
    return place == report.settings.end() ? std::string{} : place->second;
  };
  const auto viewers = [&setting](const char* key) {
    const auto number = read_quantity(setting(key), Unit::count);
    return write_quantity(number.value_or(0), Unit::count);
  };
  if (report.settings.empty()) return report.profile;
  std::string text;
  const auto say = [&text](const std::string& what) { text += (text.empty() ? "" : ", ") + what; };
  const auto say_if_any = [&](const char* key, const char* what) {
    if (viewers(key) != "0") say(viewers(key) + what);
  };
  const auto old_ones = viewers("incumbents.count");
  const auto new_ones = viewers("newcomers.count");
  if (old_ones != "0" || new_ones != "0")
    say(fmt::format("{} incumbents, {} newcomers within {}", old_ones, new_ones,
                    setting("newcomers.within")));
  say_if_any("chat.count", " chat clients");
  say_if_any("feed.watchers", " watchers of feeds");
  say_if_any("track.devices", " devices");
  return fmt::format("{}: {}", report.profile, text);
}

std::vector<std::pair<std::string, std::string>> circumstances(const RunReport& report) {
  std::vector<std::pair<std::string, std::string>> all;
  if (report.limit) {
    const auto& tries = report.limit->tries;
    const auto tried = [&tries](bool surge) {
      return std::any_of(tries.begin(), tries.end(),
                         [surge](const LimitTry& one) { return one.surge == surge; });
    };
    if (tried(false))
      all.emplace_back("steady", limit_text(report.limit->steady, report.limit->steady_gave_way));
    if (tried(true)) all.emplace_back("surge", limit_text(report.limit->surge, report.limit->surge_gave_way));
  }
  if (const auto server = server_text(report); !server.empty()) all.emplace_back("server", server);
  if (report.chat.planned > 0) all.emplace_back("chat", chat_text(report.chat));
  if (report.feed.planned > 0) all.emplace_back("feed", feed_text(report.feed));
  if (report.track.planned > 0) all.emplace_back("track", track_text(report.track));
  all.emplace_back("generator", generator_text(report.generator));
  const auto& on = report.environment;
  all.emplace_back("made on",
                   fmt::format("{}, {} core{}, TCP {}, levee-surge {}, seed {}", on.kernel, on.cores,
                               on.cores == 1 ? "" : "s", on.congestion_control, on.version, report.seed));
  if (!report.command_line.empty()) all.emplace_back("made by", report.command_line);
  return all;
}

std::string verdict_word(Verdict verdict) {
  switch (verdict) {
    case Verdict::held:
      return "HELD";
    case Verdict::broken:
      return "BROKEN";
    case Verdict::target_unreachable:
      return "UNREACHABLE";
    case Verdict::generator_limited:
      return "NO VERDICT";
  }
  return {};
}

}  // namespace levee::surge
