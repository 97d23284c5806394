#pragma once

#include <algorithm>
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
  /// The value of the Retry-After header; at least 1. Its turn, as far as that can be told; else, jittered,
  /// when to ask again.
  std::chrono::seconds retry_after{};
  /// When it is expected to get in, for people. Nothing: nobody can tell.
  std::optional<Duration> estimate;
  bool promised = false;  ///< it gets in if it comes when told: `estimate` is not after `retry_after`
  Ticket ticket;          ///< to be shown with the next request
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
/// one crowd and do not find the door shut. A credit whose turn has come is reserved until its holder is
/// back, so that nobody who came later gets it; when many do not come, the line moves on faster. A small
/// share of the credits goes to whoever asks: a client that forgets its ticket is not shut out for ever.
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

  /// Credits given for newcomers whose turn has come and who are not back yet: they will take that much more.
  double reserved() const { return std::max(0.0, reserved_); }

  /// What happened since this was last called.
  Tally take_tally();

  const Grant& grant() const { return grant_; }

 private:
  void refill(TimePoint now);
  void reserve(double given, double seconds);
  bool take_credit(std::optional<double> place);
  Wait tell(Ticket ticket, double place, TimePoint now, std::uint32_t random) const;

  Grant grant_;
  TimePoint refilled_;
  double free_;          ///< credits for whoever comes while nobody waits
  double reserved_ = 0;  ///< for those whose turn has come; below 0 when more came than that
  double skipped_ = 0;   ///< turns that came without a credit, for those who seemed not to come
  double anyones_ = 0;   ///< for whoever asks while others wait
  double crowd_ = 0;     ///< at the door, with credits: sent away for a moment, one after the other
  double width_;         ///< of the door: how many may pass now, whatever credits they have
  WaitingLine line_;
  Tally tally_;
};

}  // namespace levee::admission
