#include "levee/admission/controller.hpp"

#include <algorithm>
#include <cmath>

namespace levee::admission {
namespace {

constexpr double kUnknownCost = 1.0 / 1000;  // of a viewer, until it is measured: small servers carry more
constexpr double kFirst = 64;                // newcomers that an unloaded node lets in at once
constexpr double kTrimLeast = 1.0 / 64;
constexpr double kTrimPerSecond = 0.5;

double seconds_of(Duration duration) { return std::chrono::duration<double>(duration).count(); }

double share_after(double seconds, double constant) { return 1 - std::exp(-seconds / constant); }

}  // namespace

Controller::Controller(std::size_t shards, Settings settings)
    : settings_{settings}, shards_{static_cast<double>(std::max<std::size_t>(shards, 1))} {}

Grant Controller::evaluate(const Signals& signals, TimePoint now) {
  const double seconds = last_ && now > *last_ ? seconds_of(now - *last_) : 0.1;
  last_ = now;
  learn(signals, seconds);
  pressure_ = judge(signals);
  if (pressure_ > 1) {
    if (!cut_ || now - *cut_ >= std::chrono::milliseconds{300}) {
      trim_ = std::max(kTrimLeast, trim_ / 2);
      cut_ = now;
    }
  } else {
    trim_ = std::min(1.0, trim_ + kTrimPerSecond * seconds);
  }
  const bool reconnecting =
      static_cast<double>(signals.returning) / seconds > 50 + 0.1 * static_cast<double>(signals.incumbents);
  const double rate = reconnecting ? 0 : allowed_rate();
  expected_ += (rate - expected_) * share_after(seconds, 10);
  choose_level(signals, now);

  Grant grant;
  grant.level = level_;
  grant.rate = rate / shards_;
  grant.burst = std::max(grant.rate * 0.2, load_ < 0.5 && !reconnecting ? kFirst / shards_ : 0.0);
  grant.expected_rate = expected_ / shards_ < 0.01 ? 0 : expected_ / shards_;
  grant.start_lower = level_ >= Level::start_low ? 1 : 0;
  grant.hidden_rungs = level_ >= Level::hide_top ? 1 : 0;
  grant.protect_incumbents = level_ >= Level::protect;
  grant.reconnecting = reconnecting;
  return grant;
}

void Controller::learn(const Signals& signals, double seconds) {
  const double settling = std::max(0.5, seconds_of(signals.part_target));
  double load = signals.cpu / settings_.cpu_limit;
  load_ += (load - load_) * share_after(seconds, settling);
  if (signals.descriptor_limit > 0) {
    const double files =
        static_cast<double>(signals.descriptors) / static_cast<double>(signals.descriptor_limit);
    load_ = std::max(load_, files / settings_.descriptor_limit);
  }
  unproven_ = unproven_ * std::exp(-seconds / (2 * settling)) + static_cast<double>(signals.admitted);
  const auto viewers = static_cast<double>(signals.incumbents);
  if (viewers < 32 || load_ < 0.02) return;
  const double cost = load_ / viewers;
  cost_ = cost_ == 0 ? cost : cost_ + (cost - cost_) * share_after(seconds, cost > cost_ ? 5 : 0.5);
}

double Controller::judge(const Signals& signals) const {
  const double late_limit =
      std::max(seconds_of(settings_.late_floor), settings_.late_share * seconds_of(signals.part_target));
  const double late = signals.lateness.count > 0 ? seconds_of(signals.lateness.p90) / late_limit : 0;
  return std::max({late, seconds_of(signals.loop_lag) / seconds_of(settings_.lag_limit),
                   seconds_of(signals.accept_age) / seconds_of(settings_.accept_limit)});
}

double Controller::allowed_rate() const {
  const double cost = cost_ > 0 ? cost_ : kUnknownCost;
  const double room = std::max(0.0, 1 - load_) / cost;
  const double at_once = std::max(0.0, room / 2 - unproven_);
  const double beside = room / settings_.join_seconds / 2;
  return trim_ * std::min(at_once * 10, beside);
}

void Controller::choose_level(const Signals& signals, TimePoint now) {
  Level wanted = Level::open;
  if (load_ > 0.6) wanted = Level::start_low;
  if (signals.refused > 0 || signals.waiting > 0) wanted = Level::wait;
  if (load_ > 1.02) wanted = Level::hide_top;
  if (pressure_ > 1.5 && level_ >= Level::hide_top) wanted = Level::protect;
  if (wanted > level_) {
    level_ = wanted;
    level_since_ = now;
  } else if (wanted == level_) {
    level_since_ = now;
  } else if (now - level_since_ > std::chrono::seconds{1}) {
    level_ = static_cast<Level>(static_cast<int>(level_) - 1);
    level_since_ = now;
  }
}

}  // namespace levee::admission
