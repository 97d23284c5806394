#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "levee/admission/turn.hpp"
#include "levee/base/clock.hpp"

namespace levee::delivery {

/// Who is next on a shard, of those who wait for a part.
struct ReleaseFront {
  std::uint64_t release = 0;  ///< of a stream's change to all shards: the same number on each; 0: of this one
  admission::Turn turn;
};

/// Keeps the shards of a node together while each releases the same part, so that it goes out in one order on
/// the node, as it would on a single shard.
///
/// Each would go through its own viewers as fast as its core lets it. That is not equally fast where cores
/// have other work too (a proxy in front, an encoder, a load generator): the quicker shard has then sent the
/// part to all of its viewers, the youngest too, before the other one has come to those who have watched for
/// longest, and what the young go on to ask makes those wait still more. So a shard that is ahead by more
/// than some viewers waits for the others. It goes on serving meanwhile, it only wakes nobody.
///
/// A shard that has not come on for long, whatever keeps it, is not waited for, nor is one that is at another
/// release. Of those who are at the same one somebody always goes on.
///
/// Thread: any. Time: passed in. Memory: a few hundred bytes a shard.
class ReleaseFronts {
 public:
  explicit ReleaseFronts(std::size_t shards) : shards_(shards) {}

  /// Shard `shard` is about to wake some, `next` being the first of them. False: it is too far ahead, and is
  /// to ask again soon.
  bool may_wake(std::size_t shard, const ReleaseFront& next, admission::TurnOrder order, TimePoint now);
  /// Nobody is ready on shard `shard`.
  void rest(std::size_t shard);

 private:
  static constexpr std::size_t kAhead = 4;  // times that a shard wakes some
  struct Shard {
    std::optional<ReleaseFront> next;
    std::array<ReleaseFront, kAhead> woken{};  ///< at the last times, in turn
    std::size_t times = 0;
    TimePoint moved{};  ///< when it last woke some
  };
  static bool waits_for(const Shard& other, const ReleaseFront& long_woken, admission::TurnOrder order,
                        TimePoint now);

  std::mutex mutex_;
  std::vector<Shard> shards_;
};

}  // namespace levee::delivery
