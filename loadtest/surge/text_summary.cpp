#include "surge/text_summary.hpp"

#include <spdlog/fmt/fmt.h>

#include "surge/digest.hpp"
#include "surge/generator_limits.hpp"

namespace levee::surge {
namespace {

/// Colours, or nothing.
struct Ink {
  std::string red, green, yellow, bold, plain;
  explicit Ink(bool colour) {
    if (!colour) return;
    red = "\033[31m", green = "\033[32m", yellow = "\033[33m", bold = "\033[1m", plain = "\033[0m";
  }
};

std::string head(const RunReport& report, const Ink& ink) {
  const auto verdict = verdict_of(report);
  const auto& colour = verdict == Verdict::held     ? ink.green
                       : verdict == Verdict::broken ? ink.red
                                                    : ink.yellow;
  return fmt::format("\n{}{}{}{}  {}  {}\n", ink.bold, colour, verdict_word(verdict), ink.plain,
                     report.scenario, what_was_done(report));
}

std::string banner(const RunReport& report, const Ink& ink) {
  const auto limits = limits_hit(report);
  if (limits.empty()) return {};
  auto text = fmt::format("\n{}!! The generator itself was the bottleneck: no verdict on the server.{}\n",
                          ink.yellow, ink.plain);
  const auto say = [&](const std::string& line) {
    text += fmt::format("{}!!{}   {}\n", ink.yellow, ink.plain, line);
  };
  for (const auto& limit : limits) say(limit);
  text += fmt::format("{}!!{} Not to be trusted:\n", ink.yellow, ink.plain);
  for (const auto& figures : not_to_be_trusted(report)) say(figures);
  text += fmt::format("{}!!{} Fewer viewers, more cores (--agents N) or more hosts (--agent-of I/N).\n",
                      ink.yellow, ink.plain);
  return text;
}

std::string thresholds(const std::vector<ThresholdOutcome>& outcomes, const Ink& ink) {
  if (outcomes.empty()) return "\nNo thresholds were given: nothing could break.\n";
  std::string broken, held;
  for (const auto& one : outcomes) {
    if (one.held) {
      held += fmt::format("  {}ok{}      {:<52} {}\n", ink.green, ink.plain, one.text, one.value);
    } else {
      broken += fmt::format("  {}BROKEN{}  {:<52} {}, must be {}\n", ink.red, ink.plain, one.text, one.value,
                            one.bound);
    }
  }
  return "\n" + broken + held;
}

std::string table(const std::vector<DigestRow>& rows, const Ink& ink) {
  if (rows.empty()) return {};
  auto text = fmt::format("\n  {:<13}{:<23}{:>16}{:>16}{:>16}\n", "", "", "before", "surge", "after");
  std::string cohort;
  for (const auto& row : rows) {
    const bool first = row.cohort != cohort;
    cohort = row.cohort;
    text += fmt::format("  {:<13}{}{:<23}{:>16}{:>16}{:>16}{}\n", first ? cohort : "",
                        row.alarming ? ink.red : "", row.label, row.phases[0], row.phases[1], row.phases[2],
                        row.alarming ? ink.plain : "");
  }
  return text;
}

}  // namespace

std::string text_summary(const RunReport& report, bool colour) {
  const Ink ink{colour};
  auto text = head(report, ink);
  if (!report.target_error.empty()) return text + fmt::format("\n  {}\n", report.target_error);
  text += banner(report, ink);
  text += thresholds(report.thresholds, ink);
  text += table(digest(report), ink);
  text += '\n';
  for (const auto& [name, what] : circumstances(report)) text += fmt::format("  {:<11}{}\n", name, what);
  return text;
}

}  // namespace levee::surge
