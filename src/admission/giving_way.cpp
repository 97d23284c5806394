#include "levee/admission/giving_way.hpp"

namespace levee::admission {
namespace {

using namespace std::chrono_literals;

constexpr double kStartLowAbove = 0.6;
constexpr double kStartLowUntil = 0.5;
constexpr double kTooFull = 1.05;
constexpr double kHideUntil = 0.95;
constexpr Duration kFullBeforeHiding = 3s;
constexpr Duration kLateBeforeProtecting = 500ms;
constexpr Duration kUpAfter = 100ms;
constexpr Duration kDownAfter = 1s;
constexpr Duration kSecondRungAfter = 10s;

}  // namespace

Level GivingWay::update(double load, double pressure, bool rationed, TimePoint now) {
  if (wanted_at_ == TimePoint{}) wanted_at_ = not_full_at_ = not_late_at_ = now;  // the first time
  const Level target = wanted(load, pressure, rationed, now);
  if (target >= level_) wanted_at_ = now;
  if (target > level_ && now - moved_ >= kUpAfter) {
    level_ = static_cast<Level>(static_cast<int>(level_) + 1);
    moved_ = now;
    if (level_ == Level::hide_top) hides_since_ = now;
  } else if (target < level_ && now - wanted_at_ >= kDownAfter) {
    level_ = static_cast<Level>(static_cast<int>(level_) - 1);
    moved_ = wanted_at_ = now;
  }
  return level_;
}

std::uint8_t GivingWay::hidden_rungs(TimePoint now) const {
  if (level_ < Level::hide_top) return 0;
  return now - hides_since_ > kSecondRungAfter ? 2 : 1;
}

Level GivingWay::wanted(double load, double pressure, bool rationed, TimePoint now) {
  if (load <= kTooFull) not_full_at_ = now;
  if (pressure <= 1) not_late_at_ = now;
  if (now - not_late_at_ >= kLateBeforeProtecting) return Level::protect;
  if (now - not_full_at_ >= kFullBeforeHiding) return Level::hide_top;
  if (level_ >= Level::hide_top && load > kHideUntil) return Level::hide_top;
  if (rationed) return Level::wait;
  const bool starts_low = load > (level_ >= Level::start_low ? kStartLowUntil : kStartLowAbove);
  return starts_low ? Level::start_low : Level::open;
}

}  // namespace levee::admission
