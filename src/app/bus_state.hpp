#pragma once

#include <string>

#include "levee/realtime/memory_bus.hpp"

namespace levee::app {

/// Takes back what the last process left in `path`, when it is fresh, and deletes it: it is good for one
/// start. An empty path: does nothing.
void restore_bus(const std::string& path, realtime::MemoryBus& bus);

/// Leaves for the next process what the bus must not lose. An empty path: does nothing.
/// Errors: logged; the next process then begins anew, and says so to its clients.
void save_bus(const std::string& path, realtime::MemoryBus& bus);

}  // namespace levee::app
