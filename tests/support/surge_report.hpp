#pragma once

#include "surge/run_report.hpp"

namespace levee::test {

/// A run as a surge past capacity makes it, without admission: all incumbents stall. `share`: of how many
/// equal agents this is one.
inline surge::RunReport sample_report(std::uint64_t share = 1) {
  using namespace std::chrono_literals;
  using surge::Phase;
  surge::RunReport report;
  report.scenario = "surge_ll";
  report.description = "low latency past capacity";
  report.profile = "surge";
  report.command_line = "levee-surge surge_ll --target http://127.0.0.1:8080/live/a/index.m3u8";
  report.seed = 7;
  report.started_ms = 1'700'000'000'000;
  report.settings = {{"incumbents.count", "800"}, {"newcomers.count", "8200"}, {"newcomers.within", "1s"}};
  report.environment = {"Linux 6.1.0", "Some Processor", 2, "cubic", "0.1.0"};
  report.incumbents_in = 8s;
  report.t0 = 20s;
  report.surge_end = 21s;
  report.hold_end = 50s;
  report.length = 60s;
  report.marks = {{20s, "newcomers arrive"}};

  auto& incumbents = report.cohort(surge::Cohort::incumbents);
  auto& before = incumbents[Phase::before];
  before.viewers_watched = 800 / share;
  before.bytes = 12'000'000'000 / share;
  before.fetched(surge::FetchKind::part).record(59ms, 19'200 / share);
  before.latency.record(1400ms, 9600 / share);
  auto& during = incumbents[Phase::surge];
  during.viewers_watched = 800 / share;
  during.viewers_stalled = 800 / share;
  during.stalls = 2400 / share;
  during.stall_us = 6'280'000'000 / share;
  during.stall.record(2600ms, 2400 / share);
  during.bytes = 20'000'000'000 / share;
  during.fetched(surge::FetchKind::part).record(2s, 30'000 / share);
  during.errors[static_cast<std::size_t>(surge::ErrorKind::time_out)] = 40 / share;
  during.requests = 60'000 / share;
  incumbents[Phase::after].fetched(surge::FetchKind::part).record(60ms, 8000 / share);
  auto& newcomers = report.cohort(surge::Cohort::newcomers)[Phase::surge];
  newcomers.planned = 8200 / share;
  newcomers.playing = 2000 / share;
  newcomers.viewers_watched = 2000 / share;
  newcomers.startup.record(11s, 2000 / share);
  newcomers.refusals = 12'000 / share;
  newcomers.refusal.record(31ms, 12'000 / share);
  newcomers.refusal_answer.record(28ms, 12'000 / share);
  newcomers.late.record(3ms, 20'200 / share);

  report.generator.agents = 1;
  report.generator.lag.record(400us, 60'000 / share);
  report.generator.cpu_mean = 0.45;
  report.generator.cpu_peak = 0.7;
  report.generator.descriptors_peak = 9012 / share;
  report.generator.descriptors_limit = 1'048'576;
  for (int second = 0; second < 60; ++second) {
    const Duration at = std::chrono::seconds{second};
    const bool surge = second >= 20 && second < 50;
    report.series.sum("incumbents.playing").set(at, 800 / static_cast<double>(share));
    report.series.sum("incumbents.stalled").set(at, surge ? 600 / static_cast<double>(share) : 0);
    report.series.sum("newcomers.waiting").set(at, surge ? 6200 / static_cast<double>(share) : 0);
    report.series.sum("incumbents.bytes").add(at, 8e8 / static_cast<double>(share));
    report.series.times("incumbents.media_fetch").record(at, surge ? 2s : Duration{59ms});
    report.series.max("server.cpu").set(at, surge ? 1.0 : 0.4);
    report.series.max("server.loop_lag").set(at, surge ? 0.9 : 0.002);
  }
  return report;
}

}  // namespace levee::test
