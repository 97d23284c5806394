#include "levee/realtime/memory_bus.hpp"

#include "support/bus_contract.hpp"

namespace levee::test {
namespace {

using namespace std::chrono_literals;

class MemoryBusTest : public BusContract {
 protected:
  realtime::Bus& bus(int) override { return bus_; }
  realtime::MemoryBus bus_{"e"};
};

LEVEE_BUS_CONTRACT(MemoryBusTest)

TEST_F(MemoryBusTest, CountsForItself) {
  const auto here = subscribed(0, "count:a");
  bus_.set_count("count:a", 7, 1);
  ASSERT_TRUE(wait_until([&] { return !here->messages.empty(); }));
  EXPECT_EQ(here->messages.back()->body, R"({"n":7})");
}

TEST_F(MemoryBusTest, BeginsANewEpochWhenAChannelWasForgotten) {
  auto here = subscribed(0, "status:a");
  const auto before = here->epoch;
  here.reset();
  EXPECT_NE(subscribed(0, "status:a")->epoch, before);
}

}  // namespace
}  // namespace levee::test
