#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace levee::app {

/// What `levee` was started with.
struct CommandLine {
  enum class Action { serve, check_config, print_help, print_version };
  Action action = Action::serve;
  std::optional<std::string> config_file;                      ///< --config FILE
  std::vector<std::pair<std::string, std::string>> overrides;  ///< --set key=value, in order
  std::string fault;  ///< what is wrong with the arguments; empty: nothing
};

/// Reads the arguments after the program's name.
CommandLine read_command_line(std::span<const char* const> arguments);

/// What --help prints.
std::string help_text();

}  // namespace levee::app
