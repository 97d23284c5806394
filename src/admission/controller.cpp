#include "levee/admission/controller.hpp"

#include <algorithm>

#include "admission/smoothing.hpp"

namespace levee::admission {
namespace {

using namespace std::chrono_literals;

constexpr double kAtOnce = 64;          // newcomers that a node with much room lets in without counting
constexpr double kUsualSeconds = 5;     // over which lateness is averaged to know what is usual
constexpr double kLeastCarried = 0.02;  // of the load: below, lateness has other reasons than the audience
constexpr double kSlowestPace = 0.05;
constexpr double kPaceSeconds = 3;
constexpr double kCaution = 0.95;  // in what is told to those who wait: better let in early than late
constexpr double kTrimLeast = 1.0 / 64;
constexpr double kTrimPerSecond = 0.25;
constexpr double kSecondsBetweenCuts = 0.3;  // what one did must show first
constexpr double kJoinShare = 0.5;           // of the room left: what beginnings may take at a time
constexpr double kOverfull = 1.05;           // of the load, averaged: less must come at once
constexpr double kSpendSeconds = 0.5;        // in which the room that may be taken unproven is given out
constexpr double kSmall = 1000;              // viewers
constexpr double kOnTheWaySeconds = 2;
constexpr double kBurstSeconds = 0.05;
constexpr double kStormLeast = 50;     // incumbents a second on new connections that are nothing unusual
constexpr double kStormShare = 0.1;    // of the incumbents, a second
constexpr Duration kStormLasts = 1s;   // after its last sign
constexpr Duration kClosedLasts = 1s;  // a closed door, at least, as is told to those who wait
constexpr double kTooLate = 0.25;      // of calm: below, nobody comes in whatever was promised,
constexpr std::uint64_t kEnoughToTell = 20;  // unless these are so few deliveries that it may be one viewer's

}  // namespace

Controller::Controller(std::size_t shards, Settings settings)
    : settings_{settings},
      shards_{static_cast<double>(std::max<std::size_t>(shards, 1))},
      meter_{settings.limits} {}

Grant Controller::evaluate(const Signals& signals, TimePoint now) {
  const double seconds = last_ && now > *last_ ? seconds_of(now - *last_) : 0.1;
  last_ = now;
  meter_.measure(signals, seconds, giving_way_.level() >= Level::start_low);
  on_the_way_ = signals.reserved;
  judge(signals, seconds);
  const bool reconnecting = coming_back(signals, seconds, now);
  giving_way_.update(meter_.lasting_load(), late_pressure_, signals.refused > 0 || signals.waiting > 0, now);
  return grant(reconnecting, seconds, now);
}

// More viewers are served later, when all wait for the same part: that is no sign of trouble as long as it is
// in proportion.
void Controller::judge(const Signals& signals, double seconds) {
  const double part = seconds_of(signals.part_target);
  const double floor = seconds_of(settings_.late_floor);
  const double most = std::max(2 * floor, settings_.late_share * std::min(part, 1.0));
  const double lag_most = std::clamp(0.3 * part, 0.06, 0.2);
  since_part_ += seconds;
  if (signals.lateness.count > 0) {
    const double late = seconds_of(signals.lateness.p90);
    const double carried = std::clamp(meter_.viewers_load(), kLeastCarried, 1.0);
    if (usual_late_ == 0) usual_late_ = late / carried;
    late_pressure_ = late / most;
    const double in_turn = signals.parked > 0 ? carried * part : 0;  // the last of those who wait for a part
    const double explained = std::max(usual_late_ * carried, in_turn);
    const double allowed = settings_.late_growth * explained + floor;
    calm_ = std::clamp((allowed - late) / (allowed - explained), 0.0, 1.0);
    too_late_ = late_pressure_ > 1 || (calm_ < kTooLate && signals.lateness.count >= kEnoughToTell);
    usual_late_ += (late / carried - usual_late_) * share_after(since_part_, kUsualSeconds);
    since_part_ = 0;
    if (late_pressure_ > 1) meter_.congested();
  }
  if (since_part_ > 1.5 * part + 0.2) {  // nothing is delivered any more
    late_pressure_ = 0;
    calm_ = 1;
    too_late_ = false;
  }
  const double lag_pressure = seconds_of(signals.loop_lag) / lag_most;
  pressure_ = std::max(
      {late_pressure_, lag_pressure, seconds_of(signals.accept_age) / seconds_of(settings_.accept_limit)});
  // A long queue at the door is no reason to let fewer in: those who stand there cost the same, in or out.
  since_cut_ += seconds;
  if (std::max(late_pressure_, lag_pressure) <= 1 && meter_.load() <= kOverfull) {
    trim_ = std::min(1.0, trim_ + kTrimPerSecond * seconds);
  } else if (since_cut_ >= kSecondsBetweenCuts) {
    trim_ = std::max(kTrimLeast, trim_ / 2);
    since_cut_ = 0;
  }
}

bool Controller::coming_back(const Signals& signals, double seconds, TimePoint now) {
  returning_ += (static_cast<double>(signals.returning) / seconds - returning_) * share_after(seconds, 0.2);
  if (returning_ > kStormLeast + kStormShare * static_cast<double>(signals.incumbents)) storm_ = now;
  return storm_ && now - *storm_ < kStormLasts;
}

// Until those who are on their way come, some leave.
double Controller::room() const {
  const double leave = std::max(0.0, meter_.departures()) * kOnTheWaySeconds;
  return std::max(0.0, meter_.room() - std::max(0.0, on_the_way_ - leave));
}

double Controller::rate() const {
  const double left = room();
  const double more = std::max(0.0, meter_.unproven() - replaced());  // than take the place of others
  const double unproven = std::max(0.0, left / 2 - more) / kSpendSeconds;
  const double beside = kJoinShare * left / meter_.join_seconds();
  return trim_ * calm_ * (std::min({unproven, beside, growth()}) + replaced());
}

// A second: what an audience will take is known from what it took, and not for one of many times the size.
// So a small one may grow by as many as a small one is, and a larger one doubles.
double Controller::growth() const { return std::max(kSmall, meter_.viewers()); }

double Controller::replaced() const {
  const double full = std::clamp(1 - (meter_.lasting_load() - 1) * 10, 0.0, 1.0);  // 0 from 1.1 up
  return full * std::max(0.0, meter_.departures());
}

// While media is late, or there is not enough for those who are in, nobody comes in beside them. It lasts as
// long again as it has lasted: nothing better is known.
Duration Controller::hold(bool reconnecting, TimePoint now) {
  if (!too_late_ && !reconnecting && giving_way_.level() < Level::protect) {
    closed_since_.reset();
    return {};
  }
  if (!closed_since_) closed_since_ = now;
  return std::max(kClosedLasts, now - *closed_since_);
}

// How much of the rate that the room would allow is reached, for lateness or anything else, is learnt.
Forecast Controller::forecast(double rate_now, Duration hold, double seconds) {
  const double settling = meter_.join_seconds() / kJoinShare;
  const double planned = room() / settling + replaced();
  if (planned > 0 && hold == Duration{}) {
    pace_ += (std::clamp(rate_now / planned, kSlowestPace, 1.0) - pace_) * share_after(seconds, kPaceSeconds);
  }
  return Forecast{kCaution * room() / shards_,
                  std::chrono::duration_cast<Duration>(std::chrono::duration<double>(settling / pace_)),
                  kCaution * pace_ * replaced() / shards_, hold};
}

Grant Controller::grant(bool reconnecting, double seconds, TimePoint now) {
  const Duration hold = this->hold(reconnecting, now);
  const bool closed = hold > Duration{};
  const double rate_now = closed ? 0 : rate();
  Grant grant;
  grant.level = giving_way_.level();
  grant.rate = rate_now / shards_;
  grant.burst = grant.rate * kBurstSeconds;
  const double through = std::min(2 * std::max(meter_.room(), on_the_way_) / meter_.join_seconds(), growth());
  grant.fastest = std::max({rate_now, trim_ * through, 2 * replaced()}) / shards_;
  if (!closed && pressure_ <= 1 && meter_.lasting_load() < 0.9) {
    const double free = std::clamp(room() / 4 - meter_.unproven(), 1.0, kAtOnce);
    grant.burst = std::max(grant.burst, free / shards_);
  }
  grant.room = closed ? 0 : trim_ * calm_ * std::max(0.0, meter_.room_now() - on_the_way_) / shards_;
  grant.hold = hold;
  grant.forecast = forecast(rate_now, hold, seconds);
  grant.expected_rate = grant.forecast.mean_rate();
  grant.start_lower = grant.level >= Level::start_low ? 1 : 0;
  grant.hidden_rungs = giving_way_.hidden_rungs(now);
  grant.protect_incumbents = grant.level >= Level::protect;
  grant.reconnecting = reconnecting;
  return grant;
}

}  // namespace levee::admission
