#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "levee/base/clock.hpp"
#include "levee/delivery/prepared.hpp"

namespace levee::delivery {

/// What one viewer of whole segments has been told by media playlists. Of one rendition: the last it asked
/// for.
struct Reloads {
  std::shared_ptr<const PlaylistText> has;  ///< null before its first
  TimePoint given{};                        ///< when it first got `has`
  TimePoint asked{};                        ///< when it asked last
  TimePoint moved{};                        ///< when it was last told that there is nothing new
};

/// Spreads the reloads of viewers of whole segments over time, where they fall together.
///
/// Who came in the same second, after a drop of all connections or when a show begins, reloads in step from
/// then on: a player counts its reloads from when it began the last one, so that no delay of an answer moves
/// it. One thing does: a playlist in which nothing has changed makes it come again after half a target
/// duration in place of a whole one. So of those who would come together again some are given once more what
/// they have, until as many are expected at the one time as at the other. Players whose reloads are as far
/// apart as the target duration then come at two times; those that go by the length of segments, at more.
///
/// Nobody goes without news for more than 1.5 target durations by it, for which a playlist may stay as it is,
/// and nobody is moved again soon. Only crowds are moved. Thread: its shard's. Time: passed in.
/// Source: RFC 8216 sections 6.2.1, 6.3.4.
class ReloadPhases {
 public:
  explicit ReloadPhases(Duration target_duration);

  /// `viewer` asks for its playlist, and there is none newer than what it has: it comes by itself when who is
  /// moved comes.
  void nothing_new(Reloads& viewer, TimePoint now);
  /// `viewer` asks, and there is something newer. True: give it what it has, it was noted as moved.
  /// `movable`: it has something, and can do with it for so much longer.
  bool move(Reloads& viewer, bool movable, TimePoint now);

 private:
  /// Slots of a target duration. What is expected in one comes within a fifth of a second, where segments are
  /// of 2 s.
  static constexpr std::size_t kSlots = 16;

  std::uint32_t& expected_at(TimePoint time);
  void go_on_to(TimePoint now);
  bool is_regular(Duration since_last) const;

  Duration target_;
  Duration slot_;
  std::uint64_t current_ = 0;
  std::array<std::uint32_t, 2 * kSlots> expected_{};  ///< viewers, by slot, from the current one on
};

}  // namespace levee::delivery
