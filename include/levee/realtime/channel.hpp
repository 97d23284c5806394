#pragma once

#include <cstddef>
#include <string_view>

#include "levee/realtime/error.hpp"

namespace levee::realtime {

/// A channel's policy: what is kept of it, how it is delivered, and what a slow subscriber misses.
enum class Kind {
  log,    ///< every message once and in order
  value,  ///< the newest
  set,    ///< who is in it
  state,  ///< the newest of each key
  track,  ///< the newest of each device
};

/// Longest NAME of a channel, in bytes.
inline constexpr std::size_t kMaxChannelName = 64;

/// A channel's name taken apart. Lifetime: that of the text it was parsed from.
struct Channel {
  Kind kind = Kind::log;
  std::string_view prefix;  ///< "chat"
  std::string_view name;    ///< "mystream"
};

/// Reads `PREFIX:NAME`.
/// Errors: Errc::unknown_channel.
Result<Channel> parse_channel(std::string_view text);

}  // namespace levee::realtime
