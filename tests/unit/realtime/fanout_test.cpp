#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "hub_fixture.hpp"

namespace levee::realtime {
namespace {

/// A hub on a thread of its own, in virtual time: what connections cost goes by, and other work is done
/// between the hub's ticks.
class FanoutTest : public HubTest {
 protected:
  static constexpr int kClients = 200;
  static constexpr Duration kRound = kClients * FakeConnection::kFlushCost;
  static constexpr Duration kSlice = SlicePace::kSlice + 16 * FakeConnection::kFlushCost;  ///< at most

  FanoutTest() : HubTest{0} {}

  /// So many who watch a chat; the first of them is served last in every round.
  std::vector<std::unique_ptr<Client>> room(const std::string& chat, int clients) {
    std::vector<std::unique_ptr<Client>> all;
    for (int i = 0; i < clients; ++i) {
      all.push_back(client("N", R"(,"subs":[{"ch":"chat:)" + chat + R"("}])"));
      all.back()->connection.cpu = &cpu_;
    }
    pass(1s);
    for (const auto& each : all) each->connection.text.clear();
    return all;
  }
  void publish(const std::string& chat) {
    publisher_->publish("chat:" + chat, {"", encode_chat({"u", "", "N", Standing::guest, "x"}), 1},
                        [](const auto&) {});
    context_.restart();
    context_.poll();
  }
  static int got(const Client& client) {
    return static_cast<int>(std::ranges::count(client.connection.text, '\n'));
  }

  /// One turn of the thread: the hub when it is due, or time goes by until then, or until `next`.
  void turn(TimePoint next) {
    if (hub_.deadline() > now_) {
      now_ = std::max(now_, std::min(hub_.deadline(), next));
      return;
    }
    const auto before = cpu_;
    hub_.tick(now_, 5000);
    now_ += cpu_ - before;
    hub_time_ += cpu_ - before;
  }

  std::unique_ptr<BusClient> publisher_ = bus_.attach(context_, hub_);
  Duration hub_time_{};
};

TEST_F(FanoutTest, AMessageInAQuietRoomGoesOutAtOnce) {
  const auto crowd = room("a", kClients);
  for (int i = 1; i <= 3; ++i) {
    pass(1s);
    const auto said = now_;
    publish("a");
    while (got(*crowd.front()) < i) turn(now_ + 1s);
    EXPECT_EQ(now_ - said, kRound) << "nobody waited for anything but the writes";
  }
}

TEST_F(FanoutTest, AFloodIsMergedByWhatARoundCostsAndTheThreadIsUsedUp) {
  const auto crowd = room("a", kClients);
  // Ten times what could be sent one by one.
  constexpr Duration kEach = 200us;
  constexpr int kMessages = 1000;
  const auto begin = now_;
  hub_time_ = {};
  const auto flushes_before = crowd.front()->connection.flushes;
  std::vector<Duration> delays;
  const auto seen = [&] { return static_cast<int>(delays.size()); };
  for (int said = 0; seen() < kMessages;) {
    for (; said < kMessages && begin + said * kEach <= now_; ++said) publish("a");
    turn(said < kMessages ? begin + said * kEach : now_ + 1s);
    for (const auto all = got(*crowd.front()); seen() < all;)
      delays.push_back(now_ - (begin + seen() * kEach));
  }
  const auto flushes = crowd.front()->connection.flushes - flushes_before;
  EXPECT_GT(std::chrono::duration<double>(hub_time_) / (now_ - begin), 0.87);
  EXPECT_LT(std::ranges::max(delays), 5 * kRound / 2) << "the round it came in, and the next";
  EXPECT_LE(flushes, 110);
  EXPECT_GE(flushes, 80);
  for (const auto& each : crowd) EXPECT_EQ(got(*each), kMessages);
}

TEST_F(FanoutTest, ABurstIsOneRound) {
  const auto crowd = room("a", kClients);
  const auto flushes_before = crowd.front()->connection.flushes;
  for (int burst = 1; burst <= 10; ++burst) {
    // As clients do that answer what they were all given: together, within a moment.
    for (int i = 0; i < 16; ++i) {
      publish("a");
      now_ += 5us;
      if (i == 0) turn(now_);
    }
    while (got(*crowd.front()) < burst * 16) turn(now_ + 1s);
  }
  EXPECT_LE(crowd.front()->connection.flushes - flushes_before, 11);
}

TEST_F(FanoutTest, OtherWorkWaitsForASliceAtMostAndHasHalfOfTheThreadIfItNeedsIt) {
  const auto crowd = room("a", kClients);
  const auto begin = now_;
  hub_time_ = {};
  // A job of 0.4 ms every millisecond, and a flood.
  Duration longest{};
  Duration jobs{};
  Duration hub_before{};
  auto said = begin;
  for (auto job = begin; now_ < begin + 2s;) {
    if (now_ < begin + 1s) hub_before = hub_time_;
    for (; said <= now_; said += 500us) publish("a");
    turn(std::min(job, said));
    for (; job <= now_; job += 1ms) {
      longest = std::max(longest, now_ - job);
      now_ += 400us;
      cpu_ += 400us;
      jobs += 400us;
    }
  }
  EXPECT_LE(longest, kSlice + 2 * 400us) << "and for the jobs before it";
  EXPECT_NEAR(std::chrono::duration<double>(jobs).count(), 0.8, 0.01) << "none was left undone";
  EXPECT_NEAR(std::chrono::duration<double>(hub_time_ - hub_before).count(), 0.5, 0.06);
}

TEST_F(FanoutTest, ASmallRoomDoesNotWaitForALargeOne) {
  const auto crowd = room("a", 3 * kClients);
  const auto few = room("b", 5);
  publish("a");
  turn(now_ + 1s);
  ASSERT_EQ(got(*crowd.front()), 0) << "its round has only begun";
  const auto said = now_;
  publish("b");
  while (got(*few.front()) == 0) turn(now_ + 1s);
  EXPECT_LE(now_ - said, 2 * kSlice);
  EXPECT_EQ(got(*crowd.front()), 0);
}

}  // namespace
}  // namespace levee::realtime
