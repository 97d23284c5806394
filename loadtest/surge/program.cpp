#include "surge/program.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <unistd.h>

#include <spdlog/fmt/fmt.h>

#include "surge/command_line.hpp"
#include "surge/environment.hpp"
#include "surge/html_page.hpp"
#include "surge/metric.hpp"
#include "surge/progress_line.hpp"
#include "surge/scenario_file.hpp"
#include "surge/text_summary.hpp"
#include "surge/threshold.hpp"

namespace levee::surge {
namespace {

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kBadUsage = 2;

std::atomic<bool> stop_asked{false};
static_assert(std::atomic<bool>::is_always_lock_free, "it is written in a signal handler");

void ask_to_stop(int signal) {
  stop_asked = true;
  std::signal(signal, SIG_DFL);
}

int complain(const std::string& what) {
  std::fprintf(stderr, "levee-surge: %s (see levee-surge --help)\n", what.c_str());
  return kBadUsage;
}

/// The arguments as a shell would take them again.
std::string quoted(std::span<const char* const> arguments) {
  std::string text = "levee-surge";
  for (const std::string_view argument : arguments) {
    const bool plain =
        !argument.empty() && argument.find_first_of(" '\"$&;|<>*?()[]{}\\`!#~") == std::string_view::npos;
    text += plain ? fmt::format(" {}", argument) : fmt::format(" '{}'", argument);
  }
  return text;
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream file{path, std::ios::binary | std::ios::trunc};
  if (!(file << text) || !file.flush()) throw std::runtime_error{fmt::format("{} can't be written", path)};
}

/// Writes everything that was asked for; returns the exit code.
int write_results(const RunReport& report, const Outputs& outputs) {
  if (!outputs.json.empty()) write_file(outputs.json, to_json_text(report));
  if (!outputs.html.empty()) write_file(outputs.html, html_page(report));
  const bool colour = isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  std::fputs(text_summary(report, colour).c_str(), stdout);
  for (const auto& file : {outputs.html, outputs.json}) {
    if (!file.empty()) std::printf("  %-11s%s\n", "written", file.c_str());
  }
  return static_cast<int>(verdict_of(report));
}

int complain_of_all(const std::vector<Fault>& faults) {
  for (const auto& fault : faults) std::fprintf(stderr, "levee-surge: %s\n", fault.c_str());
  return kBadUsage;
}

int play(const CommandLine& line, const Engine& engine, const std::string& command,
         std::string_view version) {
  const auto loaded = load_scenario(line);
  if (!loaded.faults.empty()) return complain_of_all(loaded.faults);
  const auto& scenario = loaded.scenario;
  const auto processes = scenario.agents / line.hosts;
  std::signal(SIGINT, ask_to_stop);
  std::signal(SIGTERM, ask_to_stop);
  std::signal(SIGPIPE, SIG_IGN);

  std::optional<ProgressLine> progress;
  if (scenario.outputs.progress) progress.emplace(stderr);
  const ProgressSink show = [&progress](const Progress& now) {
    if (progress) progress->show(now);
  };
  const PlayJudged play_judged = [&](const Scenario& one) {
    auto report = play_with_agents(one, processes, engine.play, show, stop_asked);
    judge(report, one.thresholds);
    return report;
  };
  auto report = line.action == CommandLine::Action::limit
                    ? engine.find_limit(scenario, play_judged, stop_asked)
                    : play_judged(scenario);
  progress.reset();
  report.scenario = scenario.name;
  report.description = scenario.description;
  report.command_line = command;
  report.settings = loaded.settings;
  report.environment = read_environment(version);
  return write_results(report, scenario.outputs);
}

RunReport read_report(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) throw std::runtime_error{fmt::format("{} can't be read", path)};
  try {
    return report_from_json(text.str());
  } catch (const std::exception& error) {
    throw std::runtime_error{fmt::format("{} is no result of levee-surge: {}", path, error.what())};
  }
}

int merge_files(const CommandLine& line) {
  Scenario scenario;
  ScenarioTable table{scenario};
  for (const auto& setting : line.settings) table.set(setting.key, setting.value, setting.flag);
  if (!table.faults().empty()) return complain_of_all(table.faults());
  std::vector<std::string> thresholds;
  std::optional<RunReport> all;
  for (const auto& path : line.files) {
    const auto one = read_report(path);
    if (all) {
      merge(*all, one);
      continue;
    }
    all = one;
    if (line.no_thresholds) continue;
    for (const auto& threshold : one.thresholds) thresholds.push_back(threshold.text);
  }
  thresholds.insert(thresholds.end(), line.thresholds.begin(), line.thresholds.end());
  for (const auto& text : thresholds) {
    std::string fault;
    if (!Threshold::parse(text, fault)) return complain(fault);
  }
  judge(*all, thresholds);
  return write_results(*all, scenario.outputs);
}

int show(const CommandLine& line) {
  const auto found = find_scenario(line.scenario);
  if (!found) return complain(fmt::format("there is no scenario '{}'", line.scenario));
  std::fputs(found->text.c_str(), stdout);
  return kDone;
}

int print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  return kDone;
}

int act(const CommandLine& line, const Engine& engine, const std::string& command, std::string_view version) {
  switch (line.action) {
    case CommandLine::Action::run:
    case CommandLine::Action::limit:
      return play(line, engine, command, version);
    case CommandLine::Action::merge:
      return merge_files(line);
    case CommandLine::Action::scenarios:
      return print(scenario_list());
    case CommandLine::Action::show:
      return show(line);
    case CommandLine::Action::metrics:
      return print(metric_catalogue());
    case CommandLine::Action::help:
      return print(help_text());
    case CommandLine::Action::version:
      return print(fmt::format("levee-surge {}\n", version));
  }
  return kBadUsage;
}

}  // namespace

int run_program(std::span<const char* const> arguments, const Engine& engine, std::string_view version) {
  const auto line = read_command_line(arguments);
  if (!line.fault.empty()) return complain(line.fault);
  try {
    return act(line, engine, quoted(arguments), version);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "levee-surge: %s\n", error.what());
    return kFailed;
  }
}

}  // namespace levee::surge
