#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/plan.hpp"

namespace levee::sim {

/// The state of a run, twice a second.
struct Sample {
  double at = 0;
  double watching = 0;  ///< viewers let in and playing, incumbents too
  double waiting = 0;   ///< newcomers that have asked and are not in
  double admitted = 0;  ///< a second
  double refused = 0;   ///< a second
  double late_p99 = 0;  ///< seconds, of incumbents' parts
  double megabits = 0;  ///< delivered a second
  double load = 0;      ///< as the controller sees it
  int level = 0;
};

/// What came of a run. Waits are from a newcomer's first question to the answer that let it in; all in
/// seconds.
struct Outcome {
  std::string policy;
  double capacity = 0;
  double newcomers = 0;
  double stalled_share = 0;    ///< of the incumbents: those that ran dry at least once
  double stalled_seconds = 0;  ///< an incumbent, on average
  double late_before = 0;      ///< incumbents' p99 lateness before the surge
  double late_during = 0;      ///< and the highest half-second p99 from the surge on
  double goodput = 0;   ///< of the media that the server could deliver, ten seconds after the surge and later
  double admitted = 0;  ///< newcomers let in by the end
  double all_in_after = -1;  ///< from the surge's begin until nobody waits; -1: not by the end
  double refused_per_admitted = 0;
  double kept_promises = 1;   ///< of those that came back when they were told: let in at once
  double kept_soon = 1;       ///< the same, or within three seconds of it
  double estimates_kept = 1;  ///< of the first estimates told: let in by then, give or take a fifth and 3 s
  double order_kept = 1;      ///< rank correlation of first asking and being let in, of the obedient
  double wait_p50 = 0;
  double wait_p99 = 0;
  double swing = 0;      ///< deviation of the admitted rate from its running mean, as a share of it
  double gave_up = 0;    ///< questions unanswered for the client's patience
  double start_p99 = 0;  ///< from being let in to the first picture
  std::vector<Sample> samples;
};

/// Runs one surge in virtual time against one policy. The same plan and policy give the same outcome.
/// Errors: throws std::invalid_argument for an unknown policy.
Outcome simulate(const Plan& plan, const std::string& policy);

}  // namespace levee::sim
