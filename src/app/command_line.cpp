#include "levee/app/command_line.hpp"

#include <string_view>

#include <spdlog/fmt/fmt.h>

namespace levee::app {

CommandLine read_command_line(std::span<const char* const> arguments) {
  CommandLine line;
  for (std::size_t i = 0; i < arguments.size() && line.fault.empty(); ++i) {
    std::string_view argument = arguments[i];
    std::optional<std::string> value;
    const auto equals = argument.find('=');
    if (argument.starts_with("--") && equals != std::string_view::npos) {
      value = argument.substr(equals + 1);
      argument = argument.substr(0, equals);
    }
    if (argument == "--config" || argument == "--set") {
      if (!value && i + 1 < arguments.size()) value = arguments[++i];
      if (!value) {
        line.fault = fmt::format("{} needs a value", argument);
      } else if (argument == "--config") {
        line.config_file = *value;
      } else if (const auto place = value->find('='); place == std::string::npos) {
        line.fault = fmt::format("--set needs key=value, got '{}'", *value);
      } else {
        line.overrides.emplace_back(value->substr(0, place), value->substr(place + 1));
      }
    } else if (argument == "--check-config" && !value) {
      line.action = CommandLine::Action::check_config;
    } else if ((argument == "--help" || argument == "-h") && !value) {
      line.action = CommandLine::Action::print_help;
    } else if (argument == "--version" && !value) {
      line.action = CommandLine::Action::print_version;
    } else {
      line.fault = fmt::format("unknown argument '{}'", arguments[i]);
    }
  }
  return line;
}

std::string help_text() {
  return R"(levee: live streaming from RTMP and SRT to low-latency HLS, with chat

usage: levee [--config FILE] [--set key=value]...

  --config FILE      settings (TOML); config/levee.toml lists every one with its default
  --set key=value    overrides one setting, after the file and the environment: --set http.port=9090
  --check-config     reads the settings, says what is wrong with them, and ends
  --version          prints the version
  --help             prints this

Every setting may also come from the environment: LEVEE_HTTP_PORT=9090 is http.port.
Exit codes: 0 ended as asked, 2 bad usage or settings, 1 anything else.
)";
}

}  // namespace levee::app
