#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>

#include "levee/admission/controller.hpp"

namespace levee::admission {

/// A server in a few lines, for the controller's tests: every 100 ms it takes as many newcomers as it may,
/// serves the viewers it has at `viewer_cost` of its time each, and falls behind when that is more than there
/// is. A part comes every 500 ms; serving it to all takes as long as the load says.
class Plant {
 public:
  explicit Plant(double viewer_cost) : viewer_cost_{viewer_cost} {}

  /// One period in which `newcomers` ask.
  void step(int newcomers) {
    credits_ = std::min(credits_ + grant.rate / 10, std::max(grant.burst, 1.0));
    const auto admitted =
        static_cast<std::uint64_t>(std::clamp(std::floor(credits_), 0.0, static_cast<double>(newcomers)));
    credits_ -= static_cast<double>(admitted);
    now += std::chrono::milliseconds{100};
    viewers += static_cast<double>(admitted);
    const double joining = static_cast<double>(admitted) * viewer_cost_ * 2;
    const double work = backlog_ + 0.1 * (viewers * viewer_cost_ + extra_load) + joining;
    backlog_ = std::max(0.0, work - 0.1);
    Signals signals;
    signals.cpu = std::min(1.0, work / 0.1);
    signals.incumbents = static_cast<std::size_t>(viewers);
    signals.returning = returning;
    if (++steps_ % 5 == 0) {
      const double late = backlog_ + 0.5 * std::min(1.0, viewers * viewer_cost_) + noise * share_(random_);
      worst_late = std::max(worst_late, late);
      signals.lateness.count = static_cast<std::uint64_t>(viewers);
      signals.lateness.p50 = signals.lateness.p90 = duration(late * 0.9);
      signals.lateness.p99 = signals.lateness.max = duration(late + slow_readers);
    }
    signals.seen = static_cast<std::uint64_t>(newcomers);
    signals.admitted = admitted;
    signals.refused = signals.seen - admitted;
    last_admitted = admitted;
    grant = controller.evaluate(signals, now);
  }

  double load() const { return viewers * viewer_cost_; }

  static Duration duration(double seconds) {
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
  }

  TimePoint now{std::chrono::hours{1}};
  Grant grant;
  Controller controller{1};
  double viewers = 0;
  double extra_load = 0;
  double noise = 0;
  double slow_readers = 0;  ///< seconds that the slowest hundredth is late by its own doing
  double worst_late = 0;    ///< of a part, so far
  std::uint64_t returning = 0;
  std::uint64_t last_admitted = 0;

 private:
  double viewer_cost_;
  double credits_ = 32;
  double backlog_ = 0;
  int steps_ = 0;
  std::mt19937 random_{1};
  std::uniform_real_distribution<> share_{0, 1};
};

}  // namespace levee::admission
