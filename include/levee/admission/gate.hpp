#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "levee/admission/grant.hpp"
#include "levee/admission/waiting_line.hpp"
#include "levee/base/clock.hpp"

namespace levee::admission {

/// A waiting newcomer's place in the line: since when it has been waiting. Whoever asks again shows it.
///
/// Keep it with the connection (it costs no other state, and the line's memory does not grow with it), or
/// sign it as a wall-clock time and give it to the client: it holds on every shard, and on every node.
struct Ticket {
  TimePoint since;
};

/// What a newcomer that can't come in is told.
struct Wait {
  std::chrono::seconds retry_after{};  ///< the value of the Retry-After header; at least 1; jittered
  /// When it is expected to get in, for people; not before `retry_after`. Nothing: nobody can tell.
  std::optional<Duration> estimate;
  Ticket ticket;  ///< to be shown with the next request
};

/// What happened at a gate.
struct Tally {
  std::uint64_t seen = 0;
  std::uint64_t admitted = 0;
  std::uint64_t refused = 0;
};

/// Lets one shard's newcomers in at the rate of the latest grant, in the order in which they first asked.
///
/// Only newcomers pass here, each when it asks for its multivariant playlist. Whoever holds a valid viewer
/// token is an incumbent and is never asked to wait.
///
/// Who is told to wait is given a moment at which there is room for it, so those waiting do not come back as
/// one crowd and do not find the door shut. Credits that nobody claims go to whoever asks, and a small share
/// always does: a client that forgets its ticket is not shut out for ever.
///
/// Each decision takes constant time and allocates nothing. Memory: a few KiB, however many wait.
/// Thread: its shard's. Time and randomness: passed in.
class Gate {
 public:
  /// Full of credits for `Grant{}`.
  explicit Gate(TimePoint now);

  /// Takes the outcome of an evaluation; what was promised before is kept as far as the new rate allows.
  void apply(const Grant& grant, TimePoint now);

  /// Decides one newcomer's request: nothing: let it in (the credit is taken); else what to tell it.
  /// `ticket`: what it was given when it last had to wait. `random`: uniform over all values, for the jitter.
  std::optional<Wait> ask(std::optional<Ticket> ticket, TimePoint now, std::uint32_t random);

  /// Newcomers told to wait that have not been let in and are still expected; an estimate.
  std::size_t waiting(TimePoint now) const;

  /// What happened since this was last called.
  Tally take_tally();

  const Grant& grant() const { return grant_; }

 private:
  void refill(TimePoint now);
  double capacity() const;
  bool may_enter(bool due) const;
  Wait tell(Ticket ticket, double place, std::uint32_t random) const;

  Grant grant_;
  TimePoint refilled_;
  double credits_;
  double anyones_ = 0;  ///< of the credits: those that go to whoever asks
  WaitingLine line_;
  Tally tally_;
};

}  // namespace levee::admission
