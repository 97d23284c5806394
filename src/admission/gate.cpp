#include "levee/admission/gate.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace levee::admission {
namespace {

constexpr double kAnyones = 1.0 / 16;     // of the credits: what goes to whoever asks, ticket or not
constexpr double kOverdrawSeconds = 0.5;  // of the rate
constexpr double kPollsPerSecond = 2000;  // that those waiting may cost a shard
constexpr double kShortestPoll = 10;      // seconds: who has to wait longer is asked to come again
constexpr double kLongestPoll = 120;
constexpr double kJitter = 0.2;

}  // namespace

Gate::Gate(TimePoint now) : refilled_{now}, credits_{grant_.burst} {}

void Gate::apply(const Grant& grant, TimePoint now) {
  refill(now);
  grant_ = grant;
  credits_ = std::min(credits_, grant_.burst);
}

std::optional<Wait> Gate::ask(std::optional<Ticket> ticket, TimePoint now, std::uint32_t random) {
  refill(now);
  ++tally_.seen;
  std::optional<double> place;
  if (ticket) place = line_.place(ticket->since);
  const bool due = place && line_.ahead(*place) == 0;
  if (may_enter(due)) {
    credits_ -= 1;
    if (!place && line_.claimed()) anyones_ = std::max(0.0, anyones_ - 1);
    ++tally_.admitted;
    return {};
  }
  ++tally_.refused;
  if (!ticket) {
    ticket = Ticket{now};
    place = line_.join(grant_.rate, now);  // nobody can be back within a second, the least that can be told
  }
  return tell(*ticket, *place, random);
}

std::size_t Gate::waiting(TimePoint now) const {
  const double since = now > refilled_ ? std::chrono::duration<double>(now - refilled_).count() : 0;
  return static_cast<std::size_t>(std::max(0.0, line_.length() - grant_.rate * since));
}

Tally Gate::take_tally() { return std::exchange(tally_, {}); }

// A credit that finds the bucket full is lost, and moves the line no further: those who sleep until their
// turn find it where it was promised to be, and not all behind them.
void Gate::refill(TimePoint now) {
  if (now <= refilled_) return;
  const double given = grant_.rate * std::chrono::duration<double>(now - refilled_).count();
  refilled_ = now;
  const double kept = std::min(given, std::max(0.0, capacity() - credits_));
  credits_ += kept;
  anyones_ = std::min(anyones_ + kept * kAnyones, std::max(capacity() * kAnyones, 1.0));
  line_.advance(line_.claimed() ? kept * (1 - kAnyones) : given);
}

double Gate::capacity() const { return std::max(grant_.burst, 1.0); }

// Who comes when its turn has come may find the bucket emptied by somebody faster, and may overdraw it: over
// a longer time no more get in than credits were given.
bool Gate::may_enter(bool due) const {
  if (due) return credits_ >= 1 || credits_ > -grant_.rate * kOverdrawSeconds;
  const bool unclaimed = credits_ >= capacity() || !line_.claimed() || anyones_ >= 1;
  return credits_ >= 1 && unclaimed;
}

Wait Gate::tell(Ticket ticket, double place, std::uint32_t random) const {
  const double jitter = static_cast<double>(random) / 4294967296.0;
  const double poll = std::clamp(line_.length() / kPollsPerSecond, kShortestPoll, kLongestPoll);
  Wait wait;
  wait.ticket = ticket;
  double seconds = poll * (1 - kJitter * jitter);
  if (const auto until = grant_.forecast.until((line_.ahead(place) + 1) / (1 - kAnyones))) {
    const double expected = std::max(1.0, std::chrono::duration<double>(*until).count());
    wait.estimate = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(expected));
    if (expected < seconds) seconds = expected;
  }
  wait.retry_after = std::chrono::seconds{std::lround(std::ceil(seconds))};
  return wait;
}

}  // namespace levee::admission
