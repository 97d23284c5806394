#include "levee/admission/gate.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace levee::admission {
namespace {

constexpr double kAnyones = 1.0 / 16;     // of the credits: what goes to whoever asks, ticket or not
constexpr double kPollsPerSecond = 2000;  // that those waiting may cost a shard
constexpr double kShortestPoll = 30;      // seconds: who has to wait longer is asked to come again
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
  if (may_enter(place)) {
    credits_ -= 1;
    if (!place) unclaimed_ = std::max(0.0, unclaimed_ - 1);
    ++tally_.admitted;
    return {};
  }
  ++tally_.refused;
  if (!ticket) {
    ticket = Ticket{now};
    place = line_.join(grant_.rate, now);  // nobody can be back within a second, the least that can be told
  }
  return tell(*ticket, *place, now, random);
}

std::size_t Gate::waiting(TimePoint) const { return static_cast<std::size_t>(line_.length()); }

Tally Gate::take_tally() { return std::exchange(tally_, {}); }

void Gate::refill(TimePoint now) {
  if (now <= refilled_) return;
  const double given = grant_.rate * std::chrono::duration<double>(now - refilled_).count();
  refilled_ = now;
  credits_ = std::min(credits_ + given, std::max(grant_.burst, 1.0));
  unclaimed_ = std::min(unclaimed_ + given * kAnyones, std::max(grant_.burst * kAnyones, 1.0));
  line_.advance(given);
}

bool Gate::may_enter(std::optional<double> place) const {
  if (credits_ < 1) return false;
  if (place) return line_.ahead(*place) == 0;
  const bool left_over = credits_ >= std::max(grant_.burst, 1.0);
  return !line_.claimed() || left_over || unclaimed_ >= 1;
}

Wait Gate::tell(Ticket ticket, double place, TimePoint, std::uint32_t random) const {
  const double jitter = static_cast<double>(random) / 4294967296.0;
  const double poll = std::clamp(line_.length() / kPollsPerSecond, kShortestPoll, kLongestPoll);
  Wait wait;
  wait.ticket = ticket;
  double seconds = poll;
  if (grant_.expected_rate > 0) {
    const double expected = std::max(1.0, line_.ahead(place) / grant_.expected_rate);
    wait.estimate = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(expected));
    seconds = std::min(poll, expected);
  }
  seconds *= 1 + kJitter * jitter * (seconds >= poll ? -1 : 0.5);
  wait.retry_after = std::chrono::seconds{std::max(1L, std::lround(std::ceil(seconds - jitter * 0.5)))};
  return wait;
}

}  // namespace levee::admission
