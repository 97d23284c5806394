#include "levee/admission/gate.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace levee::admission {
namespace {

constexpr double kAnyones = 1.0 / 32;     // of the credits: what goes to whoever asks, ticket or not
constexpr double kOverdrawSeconds = 0.5;  // of the rate
constexpr double kNearSeconds = 1;        // of the rate: a turn so near is as good as due, if there is credit
constexpr double kReservedSeconds = 12;   // of the rate: what is kept for those who are on their way
constexpr double kReleaseSeconds = 30;    // in which what is kept beyond that is given to others
constexpr double kSkippedSeconds = 60;    // after which those who were skipped do not come any more
constexpr double kLongestPromise = 20;    // seconds
constexpr double kPollsPerSecond = 5000;  // that those waiting may cost a shard
constexpr double kWidthSeconds = 0.05;
constexpr double kShortestPoll = 10;  // seconds: who can't be told a time is asked to come again
constexpr double kUsualPoll = 30;
constexpr double kLongestPoll = 120;
constexpr double kJitter = 0.2;

double seconds_of(Duration duration) { return std::chrono::duration<double>(duration).count(); }

Duration duration_of(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

}  // namespace

Gate::Gate(TimePoint now) : refilled_{now}, free_{grant_.burst}, width_{grant_.burst} {}

void Gate::apply(const Grant& grant, TimePoint now) {
  refill(now);
  grant_ = grant;
  free_ = std::min(free_, grant_.burst);
}

std::optional<Wait> Gate::ask(std::optional<Ticket> ticket, TimePoint now, std::uint32_t random) {
  refill(now);
  ++tally_.seen;
  std::optional<double> place;
  if (ticket) place = line_.place(ticket->since);
  if (take_credit(place)) {
    ++tally_.admitted;
    return {};
  }
  ++tally_.refused;
  if (!ticket) {
    ticket = Ticket{now};
    place = line_.join(now);
  } else if (line_.ahead(*place) <= 0) {
    if (reserved_ >= 1) {
      crowd_ += 1;
    } else if (skipped_ >= 1) {
      skipped_ -= 1;  // they come after all: it was too early for one of the last
      line_.advance(-1);
    }
  }
  return tell(*ticket, *place, now, random);
}

std::size_t Gate::waiting(TimePoint now) const {
  const double since = now > refilled_ ? seconds_of(now - refilled_) : 0;
  return static_cast<std::size_t>(std::max(0.0, line_.length() - grant_.rate * since));
}

Tally Gate::take_tally() { return std::exchange(tally_, {}); }

void Gate::refill(TimePoint now) {
  if (now <= refilled_) return;
  const double seconds = seconds_of(now - refilled_);
  refilled_ = now;
  const double widest = std::max({grant_.burst, grant_.fastest * kWidthSeconds, 1.0});
  width_ = std::min(width_ + grant_.fastest * seconds, widest);
  crowd_ = std::max(0.0, crowd_ - grant_.fastest * seconds);
  const double given = grant_.rate * seconds;
  if (!line_.empty()) return reserve(given, seconds);
  const double owed = std::min(given, std::max(0.0, -reserved_));
  reserved_ += owed;
  free_ = std::min(free_ + given - owed, std::max(grant_.burst, 1.0));
  reserve(0, seconds);
}

// A credit brings a turn, and is kept for whose turn it is; first come those whose turn it was already. When
// too many are kept, some seem not to come: then the line moves on without another credit.
void Gate::reserve(double given, double seconds) {
  anyones_ = std::min(anyones_ + given * kAnyones, std::max(1.0, grant_.burst * kAnyones));
  const double owed = std::min(given * (1 - kAnyones), std::max(0.0, -reserved_));
  reserved_ += owed;
  const double turns = given * (1 - kAnyones) - owed;
  const double most = std::max(grant_.rate * kReservedSeconds, 1.0);
  const double kept = std::min(turns, std::max(0.0, most - reserved_));
  const double released = std::max(0.0, reserved_ - most) * (1 - std::exp(-seconds / kReleaseSeconds));
  reserved_ += kept - released;
  const double more = turns - kept + released;
  skipped_ = skipped_ * std::exp(-seconds / kSkippedSeconds) + more;
  line_.advance(turns + more);
}

// Who comes when its turn has come may find the credits taken by somebody faster, and may overdraw them: over
// a longer time no more get in than credits were given.
bool Gate::take_credit(std::optional<double> place) {
  if (width_ < 1) return false;
  const double ahead = place ? line_.ahead(*place) : line_.length() + 1;
  const bool near = place && ahead <= grant_.rate * kNearSeconds;
  const bool due = place && ahead <= 0;
  double* account = nullptr;  // the last that will do is the best
  if (!line_.empty() && anyones_ >= 1) account = &anyones_;
  if (due && reserved_ > -grant_.rate * kOverdrawSeconds) account = &reserved_;
  if ((due || line_.empty()) && free_ >= 1) account = &free_;
  if (near && reserved_ >= 1) account = &reserved_;
  if (account == nullptr) return false;
  *account -= 1;
  width_ -= 1;
  return true;
}

Wait Gate::tell(Ticket ticket, double place, TimePoint now, std::uint32_t random) const {
  const double jitter = static_cast<double>(random) / 4294967296.0;
  Wait wait;
  wait.ticket = ticket;
  double latest = kLongestPoll;
  if (const auto until = grant_.forecast.until((line_.ahead(place) + 1) / (1 - kAnyones))) {
    const double squeeze = crowd_ / std::max(grant_.fastest, 1.0);
    const double expected = std::max({1.0, squeeze, seconds_of(*until)});
    wait.estimate = duration_of(expected);
    if (expected <= kLongestPromise) {
      wait.promised = true;
      wait.retry_after = std::chrono::seconds{std::lround(std::ceil(expected))};
      return wait;
    }
    latest = expected / 2;  // to be told the time, when it is nearer
  }
  // Who has waited for long asks less often; and all do when their asking would be a load.
  const double patience = std::clamp(seconds_of(now - ticket.since) / 2, kShortestPoll, kUsualPoll);
  const double poll = std::min(latest, std::clamp(line_.length() / kPollsPerSecond, patience, kLongestPoll));
  wait.retry_after = std::chrono::seconds{std::lround(std::ceil(poll * (1 - kJitter * jitter)))};
  return wait;
}

}  // namespace levee::admission
