#include "sim/report.hpp"

#include <map>

#include <spdlog/fmt/fmt.h>

#include "sim/plot.hpp"

namespace levee::sim {
namespace {

std::string milliseconds(double seconds) { return fmt::format("{:.0f}", seconds * 1000); }

std::string time_until_in(const Outcome& outcome) {
  if (outcome.all_in_after >= 0) return fmt::format("{:.0f} s", outcome.all_in_after);
  return fmt::format("{:.0f}% let in", 100 * outcome.admitted / outcome.newcomers);
}

std::string colour_of(const std::string& policy) {
  static const std::map<std::string, std::string> colours{
      {"none", "#c0392b"}, {"bucket", "#d68910"}, {"aimd", "#7d3c98"}, {"levee", "#1a5fb4"}};
  const auto found = colours.find(policy);
  return found == colours.end() ? "#333" : found->second;
}

Line line_of(const Run& run, double (*value)(const Sample&)) {
  Line line{run.outcome.policy, colour_of(run.outcome.policy), {}, {}};
  for (const auto& sample : run.outcome.samples) {
    line.times.push_back(sample.at);
    line.values.push_back(value(sample));
  }
  return line;
}

}  // namespace

std::string table(const std::vector<Run>& runs) {
  std::string out =
      "| surge | newcomers | policy | incumbents stalled | s each | p99 before, ms | p99 during, ms | "
      "goodput | all in after | "
      "refused per admitted | promises kept at once / within 3 s | first estimates kept | order kept | wait "
      "p50 / p99, s | swing "
      "| first picture p99, s "
      "|\n"
      "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n";
  for (const auto& [plan, one] : runs) {
    out += fmt::format(
        "| {:g}x in {:g} s | {:.0f} | {} | {:.0f}% | {:.1f} | {} | {} | {:.0f}% | {} | {:.1f} | {:.0f} / "
        "{:.0f}% | "
        "{:.0f}% | {:.3f} | "
        "{:.0f} / {:.0f} | {:.0f}% | {:.1f} |\n",
        plan.factor, plan.surge_seconds, one.newcomers, one.policy, 100 * one.stalled_share,
        one.stalled_seconds, milliseconds(one.late_before), milliseconds(one.late_during), 100 * one.goodput,
        time_until_in(one), one.refused_per_admitted, 100 * one.kept_promises, 100 * one.kept_soon,
        100 * one.estimates_kept, one.order_kept, one.wait_p50, one.wait_p99, 100 * one.swing, one.start_p99);
  }
  return out;
}

std::string picture(const std::string& title, const std::vector<Run>& runs) {
  std::vector<Panel> panels{{"incumbents' parts late, p99", "s", {}, true},
                            {"media delivered", "Mb/s", {}, false},
                            {"newcomers waiting", "", {}, false},
                            {"newcomers let in a second", "", {}, true}};
  for (const auto& run : runs) {
    panels[0].lines.push_back(line_of(run, [](const Sample& sample) { return sample.late_p99; }));
    panels[1].lines.push_back(line_of(run, [](const Sample& sample) { return sample.megabits; }));
    panels[2].lines.push_back(line_of(run, [](const Sample& sample) { return sample.waiting; }));
    panels[3].lines.push_back(line_of(run, [](const Sample& sample) { return sample.admitted; }));
  }
  return draw(title, panels);
}

std::vector<std::string> broken_promises(const Run& run) {
  const Outcome& one = run.outcome;
  std::vector<std::string> broken;
  if (one.stalled_share > 0)
    broken.push_back(fmt::format("{:.0f}% of the incumbents stalled", 100 * one.stalled_share));
  if (one.start_p99 > 3) broken.push_back(fmt::format("the first picture took {:.1f} s", one.start_p99));
  if (one.goodput > 0 && one.goodput < 0.8)
    broken.push_back(fmt::format("goodput was {:.0f}%", 100 * one.goodput));
  if (one.swing > 0.25)
    broken.push_back(fmt::format("the rate of admission swung by {:.0f}%", 100 * one.swing));
  if (one.kept_soon < 0.9)
    broken.push_back(fmt::format("{:.0f}% of promises were kept", 100 * one.kept_soon));
  if (one.order_kept < 0.9)
    broken.push_back(fmt::format("the order of arrival was kept by {:.2f}", one.order_kept));
  if (run.plan.in_step && one.late_during > 1.5 * one.late_before)
    broken.push_back(fmt::format("incumbents' parts came {:.0f} ms late", 1000 * one.late_during));
  return broken;
}

}  // namespace levee::sim
