#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "levee/base/clock.hpp"

namespace levee::admission {

/// What gives way, in this order; each level includes those before it.
enum class Level : std::uint8_t {
  open,       ///< nothing does
  start_low,  ///< newcomers start on a lower rung than they might
  wait,       ///< some newcomers are asked to wait
  hide_top,   ///< new multivariant playlists leave out the highest rungs
  protect,    ///< incumbents are served in their own order: who is nearest to running dry first
};

/// `open`, `start_low`, ...: as metrics, the log and the API name it.
std::string_view to_string(Level level);

/// What a node's shards may do until the next evaluation. A value: copy it to every shard.
/// The default is what a server starts with, knowing nothing.
struct Grant {
  Level level = Level::open;
  double rate = 100;  ///< newcomers a second that each shard may let in
  double burst =
      32;  ///< newcomers that each shard may let in at once, when it has not let in any for a while
  /// Newcomers a second a shard that are expected to get in over the next half minute: what estimates are
  /// made from. 0: the house is full, nobody knows when somebody leaves.
  double expected_rate = 100;
  std::uint8_t start_lower =
      0;  ///< a newcomer starts at least this many rungs below the top (of those offered)
  std::uint8_t hidden_rungs =
      0;  ///< so many of the highest rungs are not offered to newcomers; one always remains
  bool protect_incumbents = false;  ///< true at Level::protect
  bool reconnecting = false;        ///< incumbents are coming back in numbers: newcomers wait behind them

  bool operator==(const Grant&) const = default;
};

}  // namespace levee::admission
