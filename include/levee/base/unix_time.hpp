#pragma once

#include <chrono>
#include <cstdint>

#include "levee/base/clock.hpp"

namespace levee {

/// Milliseconds since 1970 by the wall clock: what people, files and the protocols are told. It may jump.
inline std::int64_t unix_ms(WallTime at = WallTime::clock::now()) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
}

}  // namespace levee
