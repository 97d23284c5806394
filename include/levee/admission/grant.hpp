#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "levee/admission/forecast.hpp"

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
  double fastest =
      400;  ///< newcomers a second that may come through each shard's door, whatever was promised
  double expected_rate =
      100;  ///< newcomers a second that are expected to get in at each, over the next half minute
  double room =
      1000;  ///< newcomers for whom each shard has room as it is now: what was promised comes true so far
  Forecast forecast{1000, std::chrono::seconds{5}, 0};  ///< for each shard: when how many get in
  std::uint8_t start_lower =
      0;  ///< a newcomer starts at least this many rungs below the top (of those offered)
  std::uint8_t hidden_rungs =
      0;  ///< so many of the highest rungs are not offered to newcomers; one always remains
  /// Longer than 0: media is late or incumbents come back, and nobody comes in, whatever was promised. For so
  /// long, as it seems.
  Duration hold{};
  bool protect_incumbents = false;  ///< true at Level::protect: TurnOrder::by_need, and nobody comes in
  bool reconnecting = false;        ///< incumbents are coming back in numbers: newcomers wait behind them

  /// Takes a bound that was not measured, such as an operator's: newcomers a second for each shard.
  void bound(double newcomers_per_second);

  bool operator==(const Grant&) const = default;
};

}  // namespace levee::admission
