#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <sys/types.h>

#include "levee/base/clock.hpp"

namespace levee::surge {

/// The processes on this host that listen on a port: the server, when it is local and may be looked at.
/// Reads /proc; gives none where it can't tell.
std::vector<pid_t> listeners_on(std::uint16_t port);

/// What processes have used so far, in all.
struct ProcessUse {
  std::size_t processes =
      0;  ///< those that could be read; fewer: gone, or no descriptor is left to read with
  Duration cpu{};
  std::uint64_t resident_bytes = 0;
  std::uint64_t threads = 0;
};
/// Reads /proc; those that are gone count as nothing.
ProcessUse use_of(const std::vector<pid_t>& processes);

}  // namespace levee::surge
