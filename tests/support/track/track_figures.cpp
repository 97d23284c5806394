// Prints the figures of the rate policy and of what it is compared with, as Markdown. See
// loadtest/bench/track.sh.
#include <cstdio>
#include <string>

#include <spdlog/fmt/fmt.h>

#include "support/track/track_world.hpp"

namespace {

using namespace std::chrono_literals;
using levee::test::TrackFigures;

constexpr std::uint64_t kEach = 12;

std::string row(const std::string& name, const TrackFigures& f, bool promises) {
  return fmt::format(
      "| {} | {:.0f} | {:.0f} | {:.0f} | {:.0f} / {:.0f} / {:.0f} | {:.0f} | {:.0f} / {:.0f} | {} | {:.1f} % "
      "|\n",
      name, f.reports_per_hour, f.reports_per_hour_moving, f.milliwatts, f.error_p50_m, f.error_p95_m,
      f.error_max_m, f.checkpoint_p95_m, f.stop_seen_p95_s, f.stop_seen_max_s,
      promises ? fmt::format("{:.1f} %", 100 * f.promises_broken) : "makes none", 100 * f.outside_while_live);
}

}  // namespace

int main() {
  const auto traces = levee::test::all_traces(kEach);
  std::size_t seconds = 0;
  for (const auto& trace : traces) seconds += trace.samples.size();
  const levee::realtime::TrackRates table;
  const auto run = [&](const levee::test::PolicyMaker& policy, bool watched) {
    return levee::test::run_traces(traces, policy, table, watched);
  };
  std::string out = fmt::format(
      "{} traces of {:.0f} device-hours (patrols on foot, cars in town, parked, tunnels; "
      "`tests/support/track` makes them, and has the model of "
      "the battery), {} s of network.\n\n",
      traces.size(), static_cast<double>(seconds) / 3600, 0.3);
  out +=
      "| policy | reports/h | reports/h moving | mW | error of the shown position moving, p50 / p95 / max m "
      "| near checkpoints p95 m | "
      "stop seen p95 / max s | promises broken | outside its circle while shown live "
      "|\n|---|---|---|---|---|---|---|---|---|\n";
  out += row("fixed 5 s", run(levee::test::fixed_interval(5s), true), false);
  out += row("fixed 60 s", run(levee::test::fixed_interval(60s), true), false);
  out += row("300 s / 75 m / 30 degrees", run(levee::test::distance_rule(), true), false);
  out += row("levee, watched", run(levee::test::adaptive(), true), true);
  out += row("levee, unwatched", run(levee::test::adaptive(), false), true);
  std::fputs(out.c_str(), stdout);
}
