#pragma once

#include <iosfwd>
#include <span>
#include <string>
#include <vector>

#include "fanout/swarm.hpp"

namespace levee::fanout {

/// The arguments of levee-fanout.
struct Arguments {
  Target target;
  std::size_t clients = 1000;
  std::vector<int> servers;  ///< process ids whose processor time is told
  std::string fault;         ///< why they are no good; empty: they are
};

/// Reads `--ports=1,2 --clients=N --plain --path=/rt --channel=chat:x --servers=PID,PID`.
Arguments read_arguments(std::span<const char* const> arguments);

/// Takes commands from `in`, a line each, and answers each with a line of JSON:
///   connect N | join | resume MISSED | come_back MISSED | rate PER_S SECONDS | saturate IN_FLIGHT SECONDS |
///   stall SLEEPERS MESSAGES | wake
/// The first line tells how many files may be open. Ends with `in`, or at the first command that fails, with
/// {"fault": why}. Gives the exit code: 0, 1 for a fault, 2 for bad arguments.
int run_program(std::span<const char* const> arguments, std::istream& in, std::ostream& out);

}  // namespace levee::fanout
