#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "surge/run_report.hpp"
#include "surge/scenario.hpp"

namespace levee::surge {

/// Finds the largest number for which a promise holds: doubles until it breaks, then halves the interval.
/// Keeps no clock and tries nothing by itself: ask `next`, try it, tell `tried`.
///
/// A promise that breaks at one number may by chance hold at a greater one; the greatest number below the
/// least that broke counts.
class Bracket {
 public:
  Bracket(std::uint32_t least, std::uint32_t most, double precision)
      : next_{least}, most_{most}, precision_{precision} {}

  /// The number to try next; nothing when the answer is known as precisely as asked.
  std::optional<std::uint32_t> next() const { return next_; }
  void tried(bool held);

  /// The largest number that held; nothing if the least one broke.
  std::optional<std::uint32_t> held() const { return held_; }
  /// The smallest number that broke; nothing if none did.
  std::optional<std::uint32_t> broke() const { return broke_; }

 private:
  std::optional<std::uint32_t> next_;
  std::uint32_t most_;
  double precision_;
  std::optional<std::uint32_t> held_;
  std::optional<std::uint32_t> broke_;
};

/// Finds the largest steady audience and the largest surge at which every threshold of `scenario` holds, and
/// says what gave way beyond. Plays and judges with `play`; a line a try goes to standard error. A try in
/// which the generator was short is made once more, and then ends that search: the server was not found
/// wanting. `stop` ends it too.
///
/// Gives the report of the last try that held (of the last one, if none did), with `limit` filled in.
RunReport find_limit(const Scenario& scenario, const std::function<RunReport(const Scenario&)>& play,
                     const std::atomic<bool>& stop);

/// What of the server (or the generator) was the first to be exhausted in a run that broke a threshold, from
/// what was seen on its time axis: "generator", "CPU", "loop lag", "accept queue" or, when none of them
/// shows, "egress".
std::string what_gave_way(const RunReport& report);

}  // namespace levee::surge
