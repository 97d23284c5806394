#pragma once

#include <vector>

#include "levee/base/clock.hpp"

namespace levee::fanout {

/// Processor time that running processes have used so far, their threads and the kernel's work for them
/// included. Errors: a process that is gone counts nothing. Resolution: 10 ms, the kernel's.
Duration processor_time_of(const std::vector<int>& pids);

/// The same of this process, to the nanosecond.
Duration own_processor_time();

}  // namespace levee::fanout
