#pragma once

#include <atomic>

#include "surge/progress.hpp"
#include "surge/run_report.hpp"
#include "surge/scenario.hpp"

namespace levee::surge {

/// Runs a scenario on the calling thread, from the first incumbent to the end of the cool-down, and gives
/// what was measured: everything but `command_line`, `settings`, `limit` and the thresholds' outcomes, which
/// are the caller's.
///
/// `stop`: set it from a signal handler to end the run early; what was measured so far is given.
/// `progress`: called about once a second, may be empty.
/// Limits: one core; more viewers than it can play are found out by `limits_hit`. Raises the process's soft
/// limit of descriptors. Errors: a target that gives no playlist at the start is told in `target_error`.
RunReport run(const Scenario& scenario, const ProgressSink& progress, const std::atomic<bool>& stop);

}  // namespace levee::surge
