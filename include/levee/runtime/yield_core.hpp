#pragma once

#include <thread>

namespace levee::runtime {

/// Lets whoever waits for this core have it. For between two pieces of work of which there is much.
///
/// A thread with much to do keeps its core for as long as the kernel lets it, some milliseconds. Where others
/// need the core too, the kernel's own network threads, a proxy in front, whoever reads what was sent, that
/// much piles up for them, all of it waits, and comes back at once. Handed over after each piece, the core is
/// used as much and nothing piles up. On a core of its own it costs less than a microsecond.
inline void yield_core() { std::this_thread::yield(); }

}  // namespace levee::runtime
