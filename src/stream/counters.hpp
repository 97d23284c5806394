#pragma once

#include <array>
#include <cstddef>

#include "levee/base/metrics.hpp"
#include "levee/stream/publish.hpp"

namespace levee::stream {

/// What is counted of all streams together. Thread: any.
struct Counters {
  Counter publications;
  Counter returns;    ///< publications that went on with a stream whose publisher was lost
  Counter takeovers;  ///< publications that put a half-dead publisher out
  Counter shows;
  Counter unplayable;  ///< shows that ended without anything to play
  Counter bytes_in;
  Counter parts;
  Counter ignored_parts;
  Counter timestamps_repaired;
  Counter timeline_jumps;
  Counter timeline_dropped;
  Counter undecodable;  ///< packets that came before a key frame or a configuration
  Counter backlog_dropped;
  std::array<Counter, 8> refused;  ///< by Errc

  Counter& refused_for(ErrorCode reason) {
    const auto index = static_cast<std::size_t>(reason.value());
    return refused[index < refused.size() ? index : 0];
  }
};

void write_counters(const Counters& counters, MetricsText& out);

}  // namespace levee::stream
