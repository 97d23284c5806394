#pragma once

#include <chrono>

namespace levee {

/// Time inside the process: monotonic. Code below `runtime` is given `now`, it never asks for it.
using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Duration = Clock::duration;

/// Time that people read (program date time, logs, chat). Never used to measure.
using WallTime = std::chrono::system_clock::time_point;

}  // namespace levee
