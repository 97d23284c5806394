#pragma once

#include <cstddef>
#include <cstdint>

#include "levee/base/clock.hpp"

namespace levee::admission {

/// How late the deliveries of one evaluation period were.
struct Lateness {
  std::uint64_t count = 0;  ///< deliveries measured; 0: the durations say nothing
  Duration p50{};
  Duration p90{};
  Duration p99{};
  Duration max{};
};

/// For so long what a viewer fetches belongs to its beginning: it fills its buffer.
inline constexpr Duration kBeginning = std::chrono::seconds{5};

/// What one node measured since the last evaluation. Everything is of all its shards together.
///
/// Whoever measures need not smooth anything: a period without a delivery or with all of a part's deliveries
/// in it is normal, the controller averages over parts.
struct Signals {
  /// From "the part is ready" (or, when the request came later, from the request) to "the kernel took the
  /// last byte", of viewers that were let in some seconds ago; newcomers' catching up is not in it. Who reads
  /// slowly on a weak link is late by his own doing: the controller heeds p90 for that reason, so up to a
  /// tenth of such viewers does no harm; leave those known to be slow out.
  Lateness lateness;
  Duration loop_lag{};    ///< the worst of all shards: by how much a timer fired too late
  Duration accept_age{};  ///< the worst of all shards: how long the oldest connection waited to be accepted
  /// 0..1: of the cores that the io threads may use, what they used, and twice what they waited for while
  /// other threads had them (time / shards): what others have is not theirs to fill.
  double cpu = 0;
  double egress_bytes_per_second = 0;
  std::uint64_t send_queue_bytes = 0;  ///< accepted for sending, not yet taken by the kernel
  std::size_t incumbents = 0;          ///< viewer sessions being served
  std::size_t parked = 0;              ///< requests that wait for a part
  std::size_t descriptors = 0;  ///< open, without those of newcomers who wait: these cost the same, in or out
  std::size_t descriptor_limit = 0;  ///< RLIMIT_NOFILE's soft limit; 0: unknown
  /// The shortest part target of the streams being watched; of plain HLS, its segment target. Lateness is
  /// judged by it, and load is averaged over it.
  Duration part_target = std::chrono::milliseconds{500};

  double reserved = 0;  ///< credits that gates keep for newcomers on their way: the sum of Gate::reserved

  // Events since the last evaluation; Gate::take_tally gives the first three.
  std::uint64_t seen = 0;      ///< newcomers that asked, each time they asked
  std::uint64_t admitted = 0;  ///< of them
  std::uint64_t refused = 0;   ///< of them
  std::uint64_t returning =
      0;  ///< incumbents whose token came on a new connection: a reconnect surge shows here first
  std::uint64_t begun = 0;  ///< viewers whose beginning was over: let in `kBeginning` ago
  double begun_bytes = 0;   ///< of media, that they were sent in that time
  std::size_t waiting = 0;  ///< newcomers told to wait that are still expected: the sum of Gate::waiting
};

}  // namespace levee::admission
