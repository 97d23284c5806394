#include "delivery/processor_demand.hpp"

#include <gtest/gtest.h>

#include "delivery/kernel_socket.hpp"

namespace levee::delivery {
namespace {

using namespace std::chrono_literals;

TEST(TimeWaited, IsTheSecondNumber) {
  EXPECT_EQ(time_waited("123456789 4500000 17\n"), Duration{4500us});
  EXPECT_EQ(time_waited("0 0 0\n"), Duration::zero());
}

TEST(TimeWaited, IsNothingWhenTheTextIsAnotherOne) {
  EXPECT_EQ(time_waited(""), std::nullopt);
  EXPECT_EQ(time_waited("12"), std::nullopt);
  EXPECT_EQ(time_waited("12 "), std::nullopt);
  EXPECT_EQ(time_waited("12 34"), std::nullopt) << "cut off: it may have been 345";
  EXPECT_EQ(time_waited("12 -34 5"), std::nullopt);
  EXPECT_EQ(time_waited("a b c"), std::nullopt);
  EXPECT_EQ(time_waited("1 99999999999999999999 3"), std::nullopt);
}

TEST(ProcessorDemand, IsAtLeastWhatTheThreadUsed) {
  ProcessorDemand demand;
  const auto used = thread_cpu_time();
  const auto first = demand.total();
  EXPECT_GE(first, used);
  EXPECT_GE(demand.total(), first);
}

}  // namespace
}  // namespace levee::delivery
