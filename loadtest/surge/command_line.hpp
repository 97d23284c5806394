#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "surge/scenario_table.hpp"

namespace levee::surge {

/// What `levee-surge` was started with.
struct CommandLine {
  enum class Action {
    run,        ///< a scenario
    limit,      ///< search for the limit
    merge,      ///< results of several hosts into one; of a single file: its report again
    scenarios,  ///< list them
    show,       ///< print one, to begin one's own with
    metrics,    ///< list what thresholds may be about
    help,
    version,
  };
  Action action = Action::run;
  std::string scenario = "surge";  ///< a name or a file; of `run`, `limit` and `show`
  std::vector<std::string> files;  ///< of `merge`
  /// Settings in the order given: key and value, and the flag that faults name.
  struct Setting {
    std::string key;
    std::string value;
    std::string flag;
  };
  std::vector<Setting> settings;
  std::vector<std::string> targets;     ///< replace those of the scenario when there are any
  std::vector<std::string> thresholds;  ///< added to those of the scenario
  bool no_thresholds = false;           ///< leaves those of the scenario out
  std::uint32_t host = 1;               ///< --agent-of HOST/HOSTS
  std::uint32_t hosts = 1;
  std::int64_t start_at_s = 0;  ///< Unix time
  std::string fault;            ///< what is wrong with the arguments; empty: nothing
};

/// Reads the arguments after the program's name.
CommandLine read_command_line(std::span<const char* const> arguments);

/// What --help prints.
std::string help_text();

/// A scenario as file and command line give it, or everything that is wrong with it.
struct LoadedScenario {
  Scenario scenario;
  std::map<std::string, std::string> settings;  ///< every key with its value, for the report
  std::vector<Fault> faults;
};

/// Reads the scenario that `line` names, then lets its flags override.
LoadedScenario load_scenario(const CommandLine& line);

}  // namespace levee::surge
