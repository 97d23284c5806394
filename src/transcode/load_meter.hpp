#pragma once

#include <ctime>
#include <vector>

#include "levee/base/clock.hpp"
#include "levee/transcode/load_shedding.hpp"

namespace levee::transcode {

/// Processor time of the calling thread.
inline std::chrono::nanoseconds thread_cpu_time() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

/// Turns what was measured of one encoder thread into what LoadShedding decides by.
///
/// Thread: the one measured. Time: passed in.
class LoadMeter {
 public:
  explicit LoadMeter(std::size_t rungs) : rung_cpu_(rungs), rung_cost_(rungs, 0.0) {}

  void add_base(std::chrono::nanoseconds cpu) { base_cpu_ += cpu; }
  void add_rung(std::size_t rung, std::chrono::nanoseconds cpu) { rung_cpu_[rung] += cpu; }
  /// Time that passed while there was work.
  void add_busy(Duration busy) { busy_ += busy; }

  /// The load, once each `kInterval` of media; `is_shed(i)` rungs keep the cost they had.
  template <class IsShed>
  std::optional<LoadShedding::Load> read(media::MediaTime pts, media::MediaTime lag, IsShed is_shed) {
    constexpr media::MediaTime kInterval = media::kTimescale / 4;
    if (!since_ || pts < *since_) since_ = pts;
    const auto media = pts - *since_;
    if (media < kInterval) return std::nullopt;
    std::chrono::nanoseconds cpu = base_cpu_;
    blend(base_cost_, base_cpu_, media);
    for (std::size_t i = 0; i < rung_cpu_.size(); ++i) {
      cpu += rung_cpu_[i];
      if (!is_shed(i)) blend(rung_cost_[i], rung_cpu_[i], media);
      rung_cpu_[i] = {};
    }
    const double slowdown = cpu.count() > 0 ? std::chrono::duration<double>{busy_} / cpu : 1;
    base_cpu_ = {};
    busy_ = {};
    since_ = pts;
    return LoadShedding::Load{.lag = lag, .base_cost = base_cost_, .costs = rung_cost_, .slowdown = slowdown};
  }

 private:
  static void blend(double& cost, std::chrono::nanoseconds cpu, media::MediaTime media) {
    const double measured = std::chrono::duration<double>{cpu}.count() / media::seconds(media);
    cost = cost == 0 ? measured : 0.75 * cost + 0.25 * measured;
  }

  std::optional<media::MediaTime> since_;
  std::chrono::nanoseconds base_cpu_{};
  Duration busy_{};
  double base_cost_ = 0;
  std::vector<std::chrono::nanoseconds> rung_cpu_;
  std::vector<double> rung_cost_;
};

}  // namespace levee::transcode
