#include "surge/link_pace.hpp"

#include <algorithm>

namespace levee::surge {
namespace {

constexpr Duration kStep = std::chrono::milliseconds{25};
constexpr std::size_t kUncapped = 1 << 20;

double bytes_in(std::uint64_t rate_bps, Duration time) {
  return static_cast<double>(rate_bps) / 8 * std::chrono::duration<double>(time).count();
}

}  // namespace

bool LinkPace::stopped(TimePoint now) const {
  if (model_.stutter_every <= Duration::zero()) return false;
  const auto phase = (now - began_) % model_.stutter_every;
  return phase >= model_.stutter_every - model_.stutter_for;
}

std::size_t LinkPace::allowed(TimePoint now) {
  const auto passed = now - filled_;
  filled_ = now;
  if (stopped(now)) return 0;
  if (model_.rate_bps == 0) return kUncapped;
  // What was not used is lost after two steps: a link does not save up.
  budget_ = std::min(budget_ + bytes_in(model_.rate_bps, passed), bytes_in(model_.rate_bps, 2 * kStep) + 1);
  return budget_ >= 1 ? static_cast<std::size_t>(budget_) : 0;
}

TimePoint LinkPace::resume_at(TimePoint now) const {
  if (!stopped(now)) return now + kStep;
  return now + model_.stutter_every - (now - began_) % model_.stutter_every;
}

}  // namespace levee::surge
