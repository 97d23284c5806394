#include "surge/arrivals.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace levee::surge {
namespace {

using namespace std::chrono_literals;

TEST(Arrivals, AreSpreadEvenlyAndInOrder) {
  const auto plan = plan_arrivals(1000, 10s, 7);
  ASSERT_EQ(plan.size(), 1000u);
  EXPECT_TRUE(std::is_sorted(plan.begin(), plan.end()));
  for (std::size_t i = 0; i < plan.size(); ++i) {
    EXPECT_GE(plan[i], 10ms * i);
    EXPECT_LT(plan[i], 10ms * (i + 1));
  }
}

TEST(Arrivals, AreTheSameForTheSameSeed) {
  EXPECT_EQ(plan_arrivals(50, 1s, 3), plan_arrivals(50, 1s, 3));
  EXPECT_NE(plan_arrivals(50, 1s, 3), plan_arrivals(50, 1s, 4));
}

TEST(Arrivals, ClimbStairsInEqualSteps) {
  const auto plan = plan_stairs(100, 4, 10s, 1s, 1);
  ASSERT_EQ(plan.size(), 100u);
  EXPECT_LT(plan[24], 1s);
  EXPECT_GE(plan[25], 10s);
  EXPECT_GE(plan[99], 30s);
}

}  // namespace
}  // namespace levee::surge
