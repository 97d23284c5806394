#pragma once

#include <optional>
#include <string_view>

#include "levee/base/clock.hpp"

#include "delivery/descriptor.hpp"

namespace levee::delivery {

/// What a thread has used of a processor, and twice for how long it stood ready and another had it. Where
/// other programs want the same cores, that is what shows that they are full: what a thread used does not.
/// It counts twice since a thread that waits is late, by as long as others please: with what is used and
/// waited for at 0.9, every core has been busy for long.
///
/// Thread: the one that it tells of.
class ProcessorDemand {
 public:
  /// Used, and twice waited for, since the thread started. Without schedstat in the kernel: used.
  Duration total();

 private:
  bool opened_ = false;
  Descriptor schedstat_;
};

/// How long the thread waited, of the text of its /proc file: the second of three numbers, nanoseconds.
/// Nothing when that isn't what it is. Source: Documentation/scheduler/sched-stats.rst of Linux.
std::optional<Duration> time_waited(std::string_view schedstat);

}  // namespace levee::delivery
