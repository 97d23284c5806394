#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "levee/admission/grant.hpp"
#include "levee/admission/turn_book.hpp"
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
/// one crowd and do not find the door shut. What was promised is kept as long as there is room: the turns
/// that were promised for a moment have come by then, though the rate be lower than it was, and a credit is
/// kept for each until its holder is back; what that takes beyond the rate is made up for by those behind.
/// Where the node is full after all, their holders are told another time; and while media is late, those
/// whose turn has come already wait, too: they keep it, and are told when the door is expected to open again.
/// As many holders do not come, as of late, are not expected. A small share of the credits goes to whoever
/// asks: a client that forgets its ticket is not shut out for ever.
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

  /// Newcomers whose turn has come, who are expected and not back yet: they will take that much more.
  double reserved() const { return turns_.expected(); }

  /// What happened since this was last called.
  Tally take_tally();

  const Grant& grant() const { return grant_; }

 private:
  void refill(TimePoint now);
  bool take_credit(std::optional<double> place);
  Wait tell(Ticket ticket, double place, std::uint32_t random);

  bool held() const { return grant_.hold > Duration{}; }
  /// The time of what was promised: it stands still while nobody comes in.
  TimePoint promised_time() const { return refilled_ - held_; }

  /// Credits that are nobody's; below 0: more came, or were promised, than credits were given.
  double spare() const { return credits_ - turns_.expected(); }

  Grant grant_;
  TimePoint refilled_;
  double credits_;      ///< given and not taken
  double room_;         ///< left of the grant's
  double anyones_ = 0;  ///< for whoever asks while others wait
  double crowd_ = 0;    ///< at the door, with credits: sent away for a moment, one after the other
  double width_;        ///< of the door: how many may pass now, whatever credits they have
  WaitingLine line_;
  TurnBook turns_;
  Duration
      held_{};  ///< for how long nobody was let in, all together: by so much later turns come and are kept
  Tally tally_;
};

}  // namespace levee::admission
