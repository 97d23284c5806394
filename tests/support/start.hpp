#pragma once

#include <chrono>

#include "levee/base/clock.hpp"

namespace levee::test {

/// When a test begins, in the virtual time that it steps through. No outcome depends on which moment it is.
inline constexpr TimePoint kStart{std::chrono::seconds{1000}};

}  // namespace levee::test
