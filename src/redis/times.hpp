#pragma once

#include <chrono>
#include <string>

#include "levee/base/clock.hpp"
#include "levee/base/unix_time.hpp"
#include "levee/realtime/message.hpp"

namespace levee::redis {

/// How long keys of the server outlive what was last done to them.
inline constexpr std::chrono::milliseconds kDataTtl = realtime::kLogAge;
inline constexpr std::chrono::milliseconds kMetaTtl = std::chrono::hours{24};  ///< an epoch outlives its data
inline constexpr std::chrono::milliseconds kTrailTtl = std::chrono::hours{24};
inline constexpr std::chrono::milliseconds kValueTtl = std::chrono::minutes{1};

/// Milliseconds, as commands take them.
inline std::string ms(Duration duration) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

/// Unix time in milliseconds, as commands take it.
inline std::string wall_ms() { return std::to_string(unix_ms()); }

}  // namespace levee::redis
