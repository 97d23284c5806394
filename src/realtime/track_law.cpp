#include "levee/realtime/track_law.hpp"

#include <algorithm>

namespace levee::realtime {
namespace {

// Slower is standing, faster is moving; what is between changes nothing.
constexpr double kStillMps = 0.5;
constexpr double kMovingMps = 1.0;
// A parked device that is found further off than this, whatever its speed says, has moved.
constexpr double kDisplacedM = 30;
// A heading means little below these.
constexpr double kHeadingMps = 0.8;
constexpr double kHeadingM = 5;
constexpr double kSlowMps = 2;

}  // namespace

std::optional<DueReport> TrackLaw::take(const DeviceFix& fix, TimePoint now) {
  const bool changed = update_motion(fix, now);
  if (changed || !reported_ || has_news(fix, now) || now - reported_at_ >= promise_) return report(fix, now);
  return {};
}

std::optional<DueReport> TrackLaw::take_nothing(TimePoint now) {
  if (!reported_ || now - reported_at_ < promise_) return {};
  return report(*reported_, now);
}

bool TrackLaw::update_motion(const DeviceFix& fix, TimePoint now) {
  if (fix.speed_mps >= kStillMps) {
    still_since_.reset();
  } else if (!still_since_) {
    still_since_ = now;
  }
  if (!parked_ && still_since_ && now - *still_since_ >= directive_.still) {
    parked_ = true;
    return true;
  }
  const bool displaced =
      reported_ && distance_m(fix.place, reported_->place) > std::max(kDisplacedM, 2 * fix.accuracy_m);
  if (parked_ && (fix.speed_mps >= kMovingMps || displaced)) {
    parked_ = false;
    still_since_.reset();
    return true;
  }
  return false;
}

bool TrackLaw::has_news(const DeviceFix& fix, TimePoint now) const {
  if (parked_) return false;
  const auto since = now - reported_at_;
  if (since >= interval(fix)) return true;
  if (since < directive_.fastest) return false;
  const double moved = distance_m(fix.place, reported_->place);
  if (moved >= directive_.error_m) return true;
  return moved >= kHeadingM && fix.speed_mps >= kHeadingMps &&
         turn_deg(fix.heading_deg, reported_->heading_deg) >= directive_.turn_deg;
}

Duration TrackLaw::interval(const DeviceFix& fix) const {
  if (directive_.near != nullptr &&
      distance_m(fix.place, directive_.near->place) <= directive_.near_reach_m && fix.speed_mps >= kStillMps)
    return directive_.near_interval;
  if (fix.speed_mps < kStillMps) return directive_.slowest;
  const auto time = std::chrono::duration<double>(directive_.error_m / fix.speed_mps);
  return std::clamp(std::chrono::duration_cast<Duration>(time), directive_.fastest, directive_.slowest);
}

DueReport TrackLaw::report(const DeviceFix& fix, TimePoint now) {
  reported_ = fix;
  reported_at_ = now;
  promise_ = parked_ ? directive_.parked : interval(fix);
  const auto motion = parked_ ? Motion::parked : fix.speed_mps < kSlowMps ? Motion::slow : Motion::moving;
  return {motion, promise_};
}

}  // namespace levee::realtime
