#include "levee/admission/gate.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "admission/smoothing.hpp"

namespace levee::admission {
namespace {

constexpr double kAnyones = 1.0 / 32;    // of the credits: what goes to whoever asks, ticket or not
constexpr double kOverdrawSeconds = 3;   // of the rate: for who comes when nobody expected him any more
constexpr double kInexact = 1.0 / 64;    // of what is ahead: by so much a place may be found further back
constexpr double kLongestPromise = 20;   // seconds
constexpr double kPollsPerSecond = 500;  // of each e-th part of the line: that those waiting may cost a shard
constexpr double kWidthSeconds = 0.05;
constexpr double kShortestPoll = 5;  // seconds: who can't be told a time is asked to come again
constexpr double kLongestPoll = 300;
constexpr double kJitter = 0.4;

Duration duration_of(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

}  // namespace

Gate::Gate(TimePoint now)
    : refilled_{now}, credits_{grant_.burst}, room_{grant_.room}, width_{grant_.burst}, turns_{now} {}

void Gate::apply(const Grant& grant, TimePoint now) {
  refill(now);
  grant_ = grant;
  room_ = grant.room;
  if (line_.empty()) credits_ = std::min(credits_, turns_.expected() + grant_.burst);
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
  }
  return tell(*ticket, *place, random);
}

std::size_t Gate::waiting(TimePoint now) const {
  const double since = now > refilled_ ? seconds_of(now - refilled_) : 0;
  return static_cast<std::size_t>(std::max(0.0, line_.length() - grant_.rate * since));
}

Tally Gate::take_tally() { return std::exchange(tally_, {}); }

// A credit that is nobody's brings a turn, of as many as are expected to come for it. A turn that was
// promised for now comes without one, if there is room: the next ones wait until that is made up for.
void Gate::refill(TimePoint now) {
  const double seconds = now > refilled_ ? seconds_of(now - refilled_) : 0;
  refilled_ = std::max(refilled_, now);
  if (held()) held_ += duration_of(seconds);
  const double widest = held() ? 0 : std::max({grant_.burst, grant_.fastest * kWidthSeconds, 1.0});
  width_ = std::min(width_ + grant_.fastest * seconds, widest);
  crowd_ = std::max(0.0, crowd_ - grant_.fastest * seconds);
  credits_ += grant_.rate * seconds;
  if (line_.empty()) {
    credits_ = std::min(credits_, turns_.expected() + std::max(grant_.burst, 1.0));
    return;
  }
  const double anyones = std::min(std::max(0.0, grant_.rate * seconds * kAnyones),
                                  std::max(1.0, grant_.burst * kAnyones) - anyones_);
  anyones_ += anyones;
  credits_ -= anyones;
  const double due = std::min(turns_.promised(promised_time()) - line_.now_serving(), room_);
  const double turns = std::clamp(std::max(due, spare() / turns_.share()), 0.0, line_.length());
  turns_.pass(line_.now_serving(), line_.now_serving() + turns, promised_time());
  line_.advance(turns);
  room_ = std::max(0.0, room_ - turns);
  line_.forget_before(turns_.oldest());
}

// A turn that has come is as good as a credit, for as long as it is kept; but there is no way in while media
// is late.
bool Gate::take_credit(std::optional<double> place) {
  if (width_ < 1) return false;
  const bool due = place && line_.ahead(*place) <= 0;
  const bool expected = due && turns_.come(*place, promised_time());
  const bool late = due && spare() > -grant_.rate * kOverdrawSeconds;
  const bool unasked = line_.empty() && spare() >= 1;
  const bool anyone = !line_.empty() && anyones_ >= 1;
  if (!expected && !late && !unasked && !anyone) return false;
  (expected || late || unasked ? credits_ : anyones_) -= 1;
  width_ -= 1;
  return true;
}

Wait Gate::tell(Ticket ticket, double place, std::uint32_t random) {
  const double jitter = static_cast<double>(random) / 4294967296.0;
  const double ahead = line_.ahead(place);
  if (ahead <= 0) crowd_ += 1;
  Wait wait;
  wait.ticket = ticket;
  double latest = kLongestPoll;
  // A turn that is kept needs no credit. Others come after what was let in without one has been made up for.
  const bool kept = place < line_.now_serving() && place >= turns_.oldest();
  const double before = kept ? 0 : ahead + 1 + std::max(0.0, -spare());
  if (const auto until = grant_.forecast.until(before / (1 - kAnyones))) {
    const double squeeze = ahead <= 0 && grant_.fastest > 0 ? crowd_ / grant_.fastest : 0;
    const double expected = std::max({1.0, seconds_of(grant_.hold) + squeeze, seconds_of(*until)});
    wait.estimate = duration_of(expected);
    if (expected <= kLongestPromise) {
      wait.promised = true;
      wait.retry_after = std::chrono::seconds{std::lround(std::ceil(expected))};
      turns_.promise(place + 1 + ahead * kInexact, promised_time() + wait.retry_after - grant_.hold);
      return wait;
    }
    latest = expected / 2;  // to be told the time, when it is nearer
  }
  // Who stands far back asks seldom, for all together would be a load.
  const double poll = std::min(latest, std::clamp(ahead / kPollsPerSecond, kShortestPoll, kLongestPoll));
  wait.retry_after = std::chrono::seconds{std::lround(std::ceil(poll * (1 - kJitter * jitter)))};
  return wait;
}

}  // namespace levee::admission
