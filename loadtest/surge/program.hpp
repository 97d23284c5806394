#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "surge/agents.hpp"

namespace levee::surge {

/// Plays a scenario with all the agents that the command line asks for, and judges the result.
using PlayJudged = std::function<RunReport(const Scenario&)>;

/// What the program drives.
struct Engine {
  /// Plays one agent's share.
  Play play;
  /// Searches for the limit with as many runs as it takes; `stop` ends it early.
  std::function<RunReport(const Scenario&, const PlayJudged&, const std::atomic<bool>& stop)> find_limit;
};

/// The whole of `levee-surge` but its engine: reads the arguments after the program's name, does what they
/// say, writes the results. Returns the exit code: those of `Verdict`, or 2 for bad usage.
///
/// Takes SIGINT and SIGTERM: the first ends the run early and reports what was measured, the second ends the
/// process. Thread: the main one, before any other is there.
int run_program(std::span<const char* const> arguments, const Engine& engine, std::string_view version);

}  // namespace levee::surge
