// A million clients of one node lose it at once and come back by their own rule, to the gate that the node
// has.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

#include <gtest/gtest.h>

#include "levee/base/clock.hpp"
#include "levee/realtime/hello_gate.hpp"

#include "surge/reconnect_rule.hpp"

namespace levee::realtime {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kDrop{1000s};
constexpr std::uint32_t kClients = 1'000'000;

struct Attempt {
  TimePoint at;
  std::uint32_t client;
  bool operator>(const Attempt& other) const { return at > other.at; }
};

/// How a storm went.
struct Storm {
  Duration last{};  ///< until the last one was in
  std::uint64_t asked = 0;
  std::uint64_t most_in_a_second = 0;  ///< hellos
  std::uint64_t most_of_one = 0;       ///< hellos of a client
};

/// Plays it: `window` is what heartbeats told each of them before.
Storm play(const HelloGate::Rates& rates, std::chrono::milliseconds window) {
  HelloGate gate{rates};
  std::vector<surge::ReconnectRule> rules;
  rules.reserve(kClients);
  std::priority_queue<Attempt, std::vector<Attempt>, std::greater<>> coming;
  for (std::uint32_t client = 0; client < kClients; ++client) {
    auto& rule = rules.emplace_back(client);
    rule.told_window(window.count());
    rule.opened(kDrop - 1min);
    coming.push({kDrop + *rule.lost(kDrop, 0), client});
  }
  Storm storm;
  std::vector<std::uint8_t> hellos(kClients);
  auto second = kDrop;
  std::uint64_t in_this_second = 0;
  while (!coming.empty()) {
    const auto [at, client] = coming.top();
    coming.pop();
    if (at >= second + 1s) {
      second = at;
      in_this_second = 0;
    }
    ++storm.asked;
    storm.most_in_a_second = std::max(storm.most_in_a_second, ++in_this_second);
    storm.most_of_one = std::max<std::uint64_t>(storm.most_of_one, ++hellos[client]);
    if (const auto retry = gate.admit(Arrival::resume, at)) {
      coming.push({at + rules[client].draw({retry->from_ms, retry->to_ms}), client});
    } else {
      storm.last = at - kDrop;
    }
  }
  return storm;
}

// A window is at most a minute, and 8,000 a second need two: the gate spreads the rest, in waits of 20.5 s at
// most.
TEST(StormSimulation, TakesAMillionBackAtTheRateThatANodeHas) {
  const auto storm = play({}, 60s);
  EXPECT_LE(storm.last, 125s + 20500ms);
  EXPECT_LE(storm.asked, 3u * kClients) << "hellos; most are told once to come later";
  EXPECT_LE(storm.most_in_a_second, 40'000u) << "hellos";
  EXPECT_LE(storm.most_of_one, 16u) << "hellos";
}

}  // namespace
}  // namespace levee::realtime
