#include "surge/server_life.hpp"

#include <algorithm>
#include <chrono>

namespace levee::surge {
namespace {

constexpr double kDriftPerMs = 500e-6;

double ms_of(TimePoint time) {
  return std::chrono::duration<double, std::milli>(time.time_since_epoch()).count();
}

}  // namespace

void ServerClock::heard(std::int64_t time_ms, TimePoint received) {
  narrow(static_cast<double>(time_ms) - ms_of(received), kUnknown, received);
}

void ServerClock::answered(TimePoint sent, std::int64_t time_ms, TimePoint received) {
  // The server's milliseconds are whole ones: it was up to one later.
  const auto time = static_cast<double>(time_ms);
  narrow(time - ms_of(received), time + 1 - ms_of(sent), received);
}

double ServerClock::latest_ms(TimePoint now) const { return ms_of(now) + high_ms_ + widened_ms(now); }

double ServerClock::widened_ms(TimePoint now) const {
  return now > at_ ? (ms_of(now) - ms_of(at_)) * kDriftPerMs : 0;
}

void ServerClock::narrow(double low, double high, TimePoint now) {
  const auto wider = at_ == TimePoint{} ? 0 : widened_ms(now);
  at_ = std::max(at_, now);
  const auto old_low = low_ms_ - wider;
  const auto old_high = high_ms_ + wider;
  low_ms_ = std::max(old_low, low);
  high_ms_ = std::min(old_high, high);
  if (low_ms_ <= high_ms_) return;
  low_ms_ = low;  // one of the clocks was set: the newest counts
  high_ms_ = high;
}

void ServerLife::begin(TimePoint sent, std::int64_t time_ms, Duration heartbeat, TimePoint now) {
  heartbeat_ = heartbeat;
  answered(sent, time_ms, now);
}

void ServerLife::beat(std::int64_t time_ms, TimePoint now) {
  clock_.heard(time_ms, now);
  dated(time_ms, now);
}

void ServerLife::answered(TimePoint sent, std::int64_t time_ms, TimePoint now) {
  clock_.answered(sent, time_ms, now);
  dated(time_ms, now);
}

void ServerLife::dated(std::int64_t time_ms, TimePoint now) {
  heard_ = now;
  ++count_;
  if (clock_.latest_ms(now) - static_cast<double>(time_ms) <= kMostLagMs) fresh_ = now;
}

bool ServerLife::fresh(TimePoint now) const {
  return fresh_ != TimePoint::min() && now - fresh_ <= heartbeat_ * 5 / 2;
}

}  // namespace levee::surge
