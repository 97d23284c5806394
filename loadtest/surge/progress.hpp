#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "levee/base/clock.hpp"

namespace levee::surge {

/// How a run stands, for the live line. Numbers of several agents add up but for `at` and `lag`.
struct Progress {
  Duration at{0};                        ///< since the run's start
  Duration length{0};                    ///< planned
  std::string phase;                     ///< "incumbents", "before", "surge", "after"
  std::uint64_t incumbents = 0;          ///< playing
  std::uint64_t newcomers = 0;           ///< playing
  std::uint64_t newcomers_waiting = 0;   ///< told to wait, or on their way in
  std::uint64_t incumbents_stalled = 0;  ///< with a stall since t0
  std::uint64_t refused = 0;             ///< 503 so far
  std::uint64_t errors = 0;              ///< so far
  double bits_per_second = 0;            ///< of bodies, in the last second
  Duration media_p99{0};                 ///< incumbents' part or segment fetch, in the last second
  Duration lag{0};                       ///< the generator's own, p99 of the last second
};

/// Takes how a run stands, about once a second. Called on the thread that runs it.
using ProgressSink = std::function<void(const Progress&)>;

}  // namespace levee::surge
