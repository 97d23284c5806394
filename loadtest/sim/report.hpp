#pragma once

#include <string>
#include <vector>

#include "sim/plan.hpp"
#include "sim/simulation.hpp"

namespace levee::sim {

/// A run and what it was of.
struct Run {
  Plan plan;
  Outcome outcome;
};

/// The outcomes as a table in Markdown, one row a run.
std::string table(const std::vector<Run>& runs);

/// Runs of one plan over one time axis: lateness, audience, those waiting, and the rate of admission.
std::string picture(const std::string& title, const std::vector<Run>& runs);

/// What a run does not keep of what is asked of it, for people; empty if it keeps all: no incumbent stalls,
/// those let in start within three seconds, 90% of what the limit on the load leaves is delivered, the rate
/// of admission does not swing, promises are kept.
std::vector<std::string> broken_promises(const Run& run);

}  // namespace levee::sim
