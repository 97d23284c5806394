#include "levee/realtime/memory_bus.hpp"

#include "support/bus_contract.hpp"

namespace levee::test {
namespace {

using namespace std::chrono_literals;
using realtime::MemoryBus;

class MemoryBusTest : public BusContract {
 protected:
  realtime::Bus& bus(int) override { return bus_; }
  realtime::MemoryBus bus_{"e", kTrails};
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

/// What stands in a bus after a planned restart of its process.
class RestartTest : public BusContract {
 protected:
  realtime::Bus& bus(int) override { return *bus_; }

  bool restart(std::chrono::seconds away) {
    const auto saved = bus_->save(Clock::now(), 2000);
    bus_ = std::make_unique<realtime::MemoryBus>("after");
    return bus_->restore(saved, Clock::now() + away, 2000 + away.count() * 1000);
  }

  std::unique_ptr<realtime::MemoryBus> bus_ = std::make_unique<realtime::MemoryBus>("before");
};

TEST_F(RestartTest, GoesOnWithTheLogsPositionsAndIds) {
  auto before = subscribed(0, "chat:a");
  publish(*before, "1", "ann/1");
  publish(*before, "2", "ann/2");
  const auto epoch = before->resets.back()->top.epoch;
  before.reset();
  ASSERT_TRUE(restart(10s));
  const auto after = subscribed(0, "chat:a");
  const auto& snapshot = *after->resets.back();
  EXPECT_EQ(snapshot.top, (realtime::Position{epoch, 2}));
  ASSERT_EQ(snapshot.log.size(), 2u);
  EXPECT_EQ(snapshot.log[0]->body, "1");
  EXPECT_TRUE(publish(*after, "2", "ann/2")->duplicate);
  EXPECT_EQ(publish(*after, "3")->position, (realtime::Position{epoch, 3}));
}

TEST_F(RestartTest, KeepsRulesAndRecords) {
  using realtime::RuleChange;
  using realtime::Standing;
  auto before = end(0);
  rule(*before, {{}, {}, "bo", RuleChange::kForGood});
  rule(*before, {{}, {}, "eve", 100});
  rule(*before, {5, Standing::viewer, {}, {}});
  const realtime::Record price{"XAU", {7, 3}, 5, "gone", R"({"b":1.5})"};
  put(*before, {price});
  before.reset();
  ASSERT_TRUE(restart(1s));
  const auto after = subscribed(0, "feed:a");
  EXPECT_EQ(after->resets.back()->records.front().record, price);
  EXPECT_EQ(refusal(*after, "bo", Standing::viewer)->error, realtime::Errc::banned);
  EXPECT_EQ(refusal(*after, "eve", Standing::viewer)->error, realtime::Errc::banned);
  EXPECT_EQ(refusal(*after, "guest", Standing::guest)->error, realtime::Errc::not_for_all);
  EXPECT_EQ(subscribed(0, "chat:a")->resets.back()->rules, R"({"slow":5,"only":"users"})");
}

TEST_F(RestartTest, BeginsAnewWhenItTookTooLong) {
  auto before = subscribed(0, "chat:a");
  publish(*before, "1");
  before.reset();
  EXPECT_FALSE(restart(61s));
  EXPECT_EQ(subscribed(0, "chat:a")->resets.back()->top.offset, 0u);
}

TEST_F(RestartTest, TakesNothingOfWhatItDidNotWrite) {
  for (const std::string wrong :
       {"", "{}", "[]", "null", R"({"format":1,"saved_ms":1000000,"channels":[{"ch":7}]})",
        R"({"format":2,"saved_ms":1000000,"channels":[]})"})
    EXPECT_FALSE(bus_->restore(wrong, Clock::now(), 1'000'000)) << wrong;
}

/// A hundred watched before the restart, which was some time ago.
class CountAfterRestartTest : public RestartTest {
 protected:
  std::string value_after(std::chrono::seconds since, std::uint64_t count) {
    bus_->set_count("count:a", 100, 1);
    const auto saved = bus_->save(Clock::now(), 2000);
    bus_ = std::make_unique<realtime::MemoryBus>("after");
    EXPECT_TRUE(bus_->restore(saved, Clock::now() - since, 2000));
    const auto here = subscribed(0, "count:a");
    bus_->set_count("count:a", count, 1);
    EXPECT_TRUE(wait_until([&] { return !here->value.empty(); }));
    return here->value;
  }

  static int number_in(const std::string& value) {
    return std::stoi(value.substr(std::string{R"({"n":)"}.size()));
  }
};

TEST_F(CountAfterRestartTest, IsWhatItWasAndSaysSoWhileNobodyIsBackYet) {
  const auto value = value_after(0s, 0);
  EXPECT_TRUE(value.ends_with(R"(,"recovering":true})")) << value;
  EXPECT_GE(number_in(value), 90);
}

TEST_F(CountAfterRestartTest, FallsByAFifthASecond) {
  const auto value = value_after(5s, 3);
  EXPECT_TRUE(value.ends_with(R"(,"recovering":true})")) << value;
  EXPECT_LE(number_in(value), 33) << "of a hundred, five times less a fifth";
  EXPECT_GE(number_in(value), 28);
}

TEST_F(CountAfterRestartTest, IsTheTrueOneOnceMoreAreBackThanThat) {
  EXPECT_EQ(value_after(5s, 60), R"({"n":60})");
  EXPECT_EQ(value_after(0s, 140), R"({"n":140})");
}

TEST_F(CountAfterRestartTest, IsTheTrueOneWhenTheTimeToComeBackIsOver) {
  EXPECT_EQ(value_after(realtime::kCountRecovery, 1), R"({"n":1})");
}

}  // namespace
}  // namespace levee::test
