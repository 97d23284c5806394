#include <cstdio>
#include <exception>
#include <span>
#include <unistd.h>

#include "levee/app/command_line.hpp"
#include "levee/app/config.hpp"
#include "levee/app/server.hpp"
#include "levee/base/log.hpp"

namespace {

// The contract with scripts and service managers.
constexpr int kEndedAsAsked = 0;
constexpr int kFailed = 1;
constexpr int kBadUsage = 2;

int serve(const levee::app::Config& config) {
  levee::app::Server::block_signals();
  levee::log::start(config.log);
  int code = kEndedAsAsked;
  try {
    levee::app::Server server{config};
    server.run_until_signal();
  } catch (const std::exception& error) {
    spdlog::error("levee stops: {}", error.what());
    code = kFailed;
  }
  levee::log::stop();
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  using levee::app::CommandLine;
  const auto line = levee::app::read_command_line(
      std::span<const char* const>{argv + 1, static_cast<std::size_t>(argc - 1)});
  if (!line.fault.empty()) {
    std::fprintf(stderr, "levee: %s (see levee --help)\n", line.fault.c_str());
    return kBadUsage;
  }
  if (line.action == CommandLine::Action::print_help) {
    std::fputs(levee::app::help_text().c_str(), stdout);
    return kEndedAsAsked;
  }
  if (line.action == CommandLine::Action::print_version) {
    std::puts("levee " LEVEE_VERSION);
    return kEndedAsAsked;
  }
  const auto loaded = levee::app::load_config(line, environ);
  for (const auto& fault : loaded.faults) std::fprintf(stderr, "levee: %s\n", fault.c_str());
  if (!loaded.faults.empty()) return kBadUsage;
  if (line.action == CommandLine::Action::check_config) {
    std::puts("levee: the settings are in order");
    return kEndedAsAsked;
  }
  return serve(loaded.config);
}
