#include "levee/admission/gate.hpp"

#include <gtest/gtest.h>

namespace levee::admission {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{1h};

TEST(Gate, LetsTheFirstViewersOfAServerInAtOnce) {
  Gate gate{kStart};
  for (int viewer = 0; viewer < 3; ++viewer) EXPECT_FALSE(gate.ask({}, kStart, 0));
}

}  // namespace
}  // namespace levee::admission
