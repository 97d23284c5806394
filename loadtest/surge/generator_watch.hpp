#pragma once

#include <cstdint>

#include "levee/base/clock.hpp"

#include "surge/network.hpp"
#include "surge/run_report.hpp"

namespace levee::surge {

/// How the generator itself keeps up: how late its timers run, its CPU, its descriptors and ports. A run in
/// which one of these was short measures the generator, not the server.
///
/// Lifetime: what is given outlives it. Thread: the one that generates.
class GeneratorWatch {
 public:
  GeneratorWatch(const Network& network, GeneratorReport& report, TimeSeries& series, TimePoint start);

  /// A timer due at `due` ran at `now`. `measured`: from t0 on.
  void ticked(TimePoint due, TimePoint now, bool measured);
  /// So much of the processor's time went into looking for something to do. Of a run that never sleeps.
  void idled(Duration time) { idle_ += time; }
  /// Call once a second.
  void look(TimePoint now, bool measured);
  /// The worst lag since the last `look`.
  Duration lag_of_second() const { return lag_of_second_; }

 private:
  const Network& network_;
  GeneratorReport& report_;
  TimePoint start_;
  TimesSeries& lag_series_;
  ValueSeries& cpu_series_;
  TimePoint looked_at_;
  Duration cpu_used_;
  Duration idle_{};  ///< since the last `look`
  Duration cpu_measured_{};
  Duration time_measured_{};
  CoarseHistogram lag_now_;
  Duration lag_of_second_{};
};

}  // namespace levee::surge
