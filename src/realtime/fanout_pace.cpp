#include "levee/realtime/fanout_pace.hpp"

#include <algorithm>
#include <utility>

namespace levee::realtime {
namespace {

constexpr int kGathered = 8;  // of a round: how much of its cost is waited for what comes together
constexpr Duration kWorthATimer = std::chrono::microseconds{100};

/// How long to rest after so much work, to do no more than this share of the time.
Duration rest_after(Duration work, double share) {
  return std::chrono::duration_cast<Duration>(work * (1 / share - 1));
}

}  // namespace

void RoundPace::end_round(TimePoint now) {
  last_cost_ = std::exchange(cost_, {});
  ended_ = now;
}

TimePoint RoundPace::due() const {
  if (!waiting_since_) return TimePoint::max();
  const auto rested = ended_ + std::min(rest_after(last_cost_, most_), kMostRest);
  const bool quiet = *waiting_since_ - ended_ >= last_cost_;
  const auto gather = last_cost_ / kGathered;
  if (quiet || gather < kWorthATimer) return std::max(rested, *waiting_since_);
  return std::max(rested, std::max(ended_, *waiting_since_) + gather);
}

void SlicePace::begin(TimePoint now, Duration cpu) {
  began_ = cpu;
  if (window_began_ && now - *window_began_ < kWindow) return;
  if (window_began_) {
    const std::chrono::duration<double> others = cpu - cpu_then_ - own_;
    elsewhere_ = std::clamp(others / (now - *window_began_), 0.0, 1.0);
  }
  window_began_ = now;
  cpu_then_ = cpu;
  own_ = {};
}

void SlicePace::end(TimePoint now, Duration cpu) {
  const auto cost = cpu - began_;
  own_ += cost;
  const auto rest = rest_after(cost, share());
  due_ = rest > Duration::zero() ? now + cost + rest : now;
}

double SlicePace::share() const { return std::clamp(1 - 2 * (elsewhere_ - kUnseen), 0.5, 1.0); }

}  // namespace levee::realtime
