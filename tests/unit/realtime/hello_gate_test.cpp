#include "levee/realtime/hello_gate.hpp"

#include <map>

#include <gtest/gtest.h>

#include "support/start.hpp"

namespace levee::realtime {
namespace {

using namespace std::chrono_literals;

using test::kStart;

TEST(HelloGate, LetsASecondsWorthInAtOnce) {
  HelloGate gate{{.resume = 100, .known = 20, .cold = 10}};
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(gate.admit(Arrival::cold, kStart));
  EXPECT_TRUE(gate.admit(Arrival::cold, kStart));
  EXPECT_FALSE(gate.admit(Arrival::cold, kStart + 100ms)) << "one a tenth of a second";
  EXPECT_EQ(gate.turned_back(Arrival::cold), 1u);
}

TEST(HelloGate, LetsNewcomersNotTakeThePlacesOfThoseWhoWereHere) {
  HelloGate gate{{.resume = 100, .known = 20, .cold = 10}};
  for (int i = 0; i < 1000; ++i) gate.admit(Arrival::cold, kStart);
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(gate.admit(Arrival::resume, kStart));
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(gate.admit(Arrival::known, kStart));
}

TEST(HelloGate, SpreadsThoseWhoWaitOverTheTimeThatTheyNeed) {
  HelloGate gate{{.resume = 100, .known = 20, .cold = 10}};
  for (int i = 0; i < 10; ++i) gate.admit(Arrival::cold, kStart);
  for (int i = 1; i <= 50; ++i) {
    const auto retry = gate.admit(Arrival::cold, kStart);
    ASSERT_TRUE(retry);
    EXPECT_EQ(retry->from_ms, i * 100);
    EXPECT_EQ(retry->to_ms, i * 100 + 500);
  }
  // A second later ten of them are in.
  EXPECT_EQ(gate.admit(Arrival::cold, kStart + 1s), std::nullopt);
}

TEST(HelloGate, LetsAStormInAtTheRateThatItHas) {
  HelloGate gate{{.resume = 1000, .known = 20, .cold = 10}};
  // Who is told to wait comes back at the beginning of its window, as unlucky as can be.
  std::multimap<std::int64_t, int> coming;
  for (int client = 0; client < 20'000; ++client) coming.emplace(0, client);
  std::int64_t last = 0;
  int asked = 0;
  while (!coming.empty()) {
    const auto [at, client] = *coming.begin();
    coming.erase(coming.begin());
    ++asked;
    const auto retry = gate.admit(Arrival::resume, kStart + std::chrono::milliseconds{at});
    if (retry) {
      coming.emplace(at + std::max<std::int64_t>(retry->from_ms, 1), client);
    } else {
      last = at;
    }
  }
  EXPECT_LE(last, 21'000) << "ms; 19 s are what 20 000 need";
  EXPECT_LE(asked, 3 * 20'000);
}

}  // namespace
}  // namespace levee::realtime
