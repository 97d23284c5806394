#pragma once

#include <map>
#include <string>
#include <string_view>

#include "levee/base/metrics.hpp"
#include "levee/media/ladder.hpp"

namespace levee::transcode {

/// What one rung did, over all streams. Units: ticks of media::kTimescale, and nanoseconds.
struct RungCounters {
  Counter frames;
  Counter media_time;
  Counter cpu_time;
  Counter sheds;
  Counter restores;
};

/// What all encoder threads and packagers of the process count. Thread: any.
class Counters {
 public:
  explicit Counters(const media::Ladder& ladder) {
    rungs_.try_emplace(std::string{media::kSourceRendition});
    for (const auto& rung : ladder.rungs) rungs_.try_emplace(rung.name);
  }

  /// `name` is one of the ladder's, or `source`.
  RungCounters& rung(std::string_view name) { return rungs_.find(name)->second; }
  void write_metrics(MetricsText& out) const;

  Counter frames_decoded;
  Counter decode_errors;
  Counter decode_cpu_time;  ///< nanoseconds
  Counter packets_dropped;
  Counter mux_errors;
  Counter sources_replaced;
  Gauge encoder_threads;

 private:
  std::map<std::string, RungCounters, std::less<>> rungs_;
};

}  // namespace levee::transcode
