#pragma once

#include <atomic>
#include <functional>

#include "surge/progress.hpp"
#include "surge/run_report.hpp"
#include "surge/scenario.hpp"

namespace levee::surge {

/// Plays one agent's share of a scenario, on the calling thread.
using Play = std::function<RunReport(const Scenario&, const ProgressSink&, const std::atomic<bool>& stop)>;

/// Plays a scenario with `processes` agents on this host: forked, started at one time, their results merged.
/// The agents are `scenario.agent_index` and the ones after it. With one process nothing is forked.
///
/// `stop` is passed on to them. Errors: throws std::runtime_error when an agent ends without a result.
/// Thread: the caller's must be the only one.
RunReport play_with_agents(const Scenario& scenario, std::uint32_t processes, const Play& play,
                           const ProgressSink& progress, const std::atomic<bool>& stop);

}  // namespace levee::surge
