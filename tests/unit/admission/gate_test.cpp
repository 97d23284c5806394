#include "levee/admission/gate.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace levee::admission {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{1h};

Grant steady(double rate) {
  Grant grant;
  grant.rate = rate;
  grant.burst = rate / 4;
  grant.forecast = Forecast{0, 1s, rate};
  return grant;
}

TEST(Gate, LetsTheFirstViewersOfAServerInAtOnce) {
  Gate gate{kStart};
  for (int viewer = 0; viewer < 3; ++viewer) EXPECT_FALSE(gate.ask({}, kStart, 0));
  EXPECT_EQ(gate.waiting(kStart), 0u);
}

TEST(Gate, TellsWhoMustWaitAtLeastASecond) {
  Gate gate{kStart};
  gate.apply(steady(1000), kStart);
  std::optional<Wait> wait;
  while (!wait) wait = gate.ask({}, kStart, 0);
  EXPECT_GE(wait->retry_after, 1s);
  EXPECT_LE(wait->retry_after, 2s);
  ASSERT_TRUE(wait->estimate);
  EXPECT_LE(*wait->estimate, wait->retry_after);
  EXPECT_EQ(wait->ticket.since, kStart);
}

TEST(Gate, SaysNoTimeWhenNobodyKnowsIt) {
  Gate gate{kStart};
  gate.apply(steady(0), kStart);
  const auto wait = gate.ask({}, kStart, 0);
  ASSERT_TRUE(wait);
  EXPECT_FALSE(wait->estimate);
  EXPECT_GE(wait->retry_after, 8s);
  EXPECT_LE(wait->retry_after, 10s);
}

TEST(Gate, GivesAnEarlyComerNoBetterPlace) {
  Gate gate{kStart};
  gate.apply(steady(10), kStart);
  std::vector<Wait> told;
  for (int i = 0; i < 200; ++i) {
    if (auto wait = gate.ask({}, kStart + i * 1ms, 0)) told.push_back(*wait);
  }
  const auto last = told.back();
  const auto length = gate.waiting(kStart + 200ms);
  for (int i = 0; i < 20; ++i) {
    const auto again = gate.ask(last.ticket, kStart + 200ms + i * 1ms, 0);
    ASSERT_TRUE(again) << i;
    EXPECT_EQ(again->ticket.since, last.ticket.since);
    EXPECT_EQ(again->retry_after, last.retry_after);
  }
  EXPECT_LE(gate.waiting(kStart + 220ms), length) << "asking often makes the line no longer";
}

TEST(Gate, LetsNobodysCreditsBeLostWhileSomebodyAsks) {
  Gate gate{kStart};
  gate.apply(steady(10), kStart);
  std::optional<Wait> last;
  for (int i = 0; i < 200; ++i) last = gate.ask({}, kStart + i * 1ms, 0);
  ASSERT_TRUE(last);
  EXPECT_FALSE(gate.ask(last->ticket, kStart + 5s, 0)) << "all others are asleep";
}

TEST(Gate, CountsWhatHappened) {
  Gate gate{kStart};
  gate.apply(steady(4), kStart);
  for (int i = 0; i < 5; ++i) gate.ask({}, kStart, 0);
  const auto tally = gate.take_tally();
  EXPECT_EQ(tally.seen, 5u);
  EXPECT_EQ(tally.admitted + tally.refused, 5u);
  EXPECT_GE(tally.refused, 3u);
  EXPECT_EQ(gate.take_tally().seen, 0u);
}

TEST(Gate, TakesATimeThatGoesBackForTheSameTime) {
  Gate gate{kStart};
  gate.apply(steady(0), kStart);
  EXPECT_TRUE(gate.ask({}, kStart - 1h, 0));
  EXPECT_TRUE(gate.ask(Ticket{kStart + 1h}, kStart, 0));
}

// A crowd of clients that obey, in steps of 10 ms.
struct Crowd {
  explicit Crowd(Gate& used) : gate{used} {}

  struct Client {
    TimePoint since{};
    std::optional<Ticket> ticket;
    bool keeps_ticket = true;
    bool promised = false;
  };

  void arrive(std::size_t count, TimePoint from, Duration within, bool keep_tickets = true) {
    for (std::size_t i = 0; i < count; ++i) {
      const auto at = from + within * static_cast<std::int64_t>(i) / static_cast<std::int64_t>(count);
      clients.push_back({at, {}, keep_tickets, false});
      due.emplace(at, clients.size() - 1);
    }
  }

  void run(TimePoint to) {
    while (!due.empty() && due.begin()->first < to) {
      const auto [now, index] = *due.begin();
      due.erase(due.begin());
      Client& client = clients[index];
      const auto wait = gate.ask(client.keeps_ticket ? client.ticket : std::nullopt, now,
                                 static_cast<std::uint32_t>(random()));
      if (client.promised) ++promises;
      if (!wait) {
        if (client.promised) ++kept;
        entered.emplace_back(client.since, now);
        continue;
      }
      client.promised = wait->promised;
      client.ticket = wait->ticket;
      auto later = std::uniform_int_distribution<>{
          0, std::max(1000, 200 * static_cast<int>(wait->retry_after.count()))};
      due.emplace(now + wait->retry_after + std::chrono::milliseconds{later(random)}, index);
    }
  }

  std::size_t entered_between(TimePoint from, TimePoint to) const {
    return static_cast<std::size_t>(std::count_if(entered.begin(), entered.end(), [&](const auto& one) {
      return one.second >= from && one.second < to;
    }));
  }

  Gate& gate;
  std::mt19937 random{1};
  std::vector<Client> clients;
  std::multimap<TimePoint, std::size_t> due;
  std::vector<std::pair<TimePoint, TimePoint>> entered;
  int promises = 0;
  int kept = 0;
};

TEST(Gate, LetsASurgeInAtItsRateAndEverybodyWhenTold) {
  Gate gate{kStart};
  gate.apply(steady(200), kStart);
  Crowd crowd{gate};
  crowd.arrive(5000, kStart, 1s);
  crowd.run(kStart + 60s);
  EXPECT_EQ(crowd.entered.size(), 5000u);
  EXPECT_GE(crowd.entered_between(kStart, kStart + 30s), 4700u)
      << "25 seconds' worth, and the clients' jitter";
  EXPECT_GE(crowd.kept, crowd.promises * 9 / 10) << crowd.promises;
  for (auto from = kStart + 2s; from < kStart + 20s; from += 1s) {
    EXPECT_NEAR(static_cast<double>(crowd.entered_between(from, from + 1s)), 190, 80);
  }
}

TEST(Gate, KeepsItsPromisesToACrowdWhileOthersAskWithoutATicketAgainAndAgain) {
  Gate gate{kStart};
  gate.apply(steady(200), kStart);
  Crowd crowd{gate};
  crowd.arrive(8000, kStart, 1s);
  for (int second = 1; second < 60; ++second) {
    for (int i = 0; i < 100; ++i) {
      crowd.run(kStart + second * 1s + i * 10ms);
      gate.ask({}, kStart + second * 1s + i * 10ms, 0);
    }
  }
  EXPECT_GE(crowd.kept, crowd.promises * 9 / 10) << crowd.promises;
  EXPECT_GE(crowd.entered.size(), 7800u);
}

TEST(Gate, KeepsACreditForWhoeverIsOnItsWay) {
  Gate gate{kStart};
  gate.apply(steady(10), kStart);
  std::optional<Wait> first;
  for (int i = 0; i < 40 && !first; ++i) first = gate.ask({}, kStart, 0);
  ASSERT_TRUE(first);
  for (int i = 0; i < 30; ++i) gate.ask({}, kStart, 0);
  const auto late = kStart + first->retry_after + 1s;
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(gate.ask({}, late, 0)) << "who comes now comes after them";
  EXPECT_GT(gate.reserved(), 1);
  EXPECT_FALSE(gate.ask(first->ticket, late, 0));
}

TEST(Gate, MovesOnWhenThoseWhoseTurnItIsDoNotCome) {
  Gate gate{kStart};
  gate.apply(steady(10), kStart);
  std::optional<Wait> last;
  for (int i = 0; i < 300; ++i) last = gate.ask({}, kStart + i * 1ms, 0);
  ASSERT_TRUE(last);
  gate.ask({}, kStart + 10s, 0);  // takes what is whoever's
  EXPECT_TRUE(gate.ask(last->ticket, kStart + 10s, 0));
  EXPECT_FALSE(gate.ask(last->ticket, kStart + 24s, 0)) << "30 s, had all before it come";
}

TEST(Gate, LetsNoMoreThroughAtOnceThanTheDoorIsWide) {
  Gate gate{kStart};
  auto grant = steady(100);
  gate.apply(grant, kStart);
  std::vector<Ticket> tickets;
  for (int i = 0; i < 1000; ++i) {
    if (const auto wait = gate.ask({}, kStart + i * 1ms, 0)) tickets.push_back(wait->ticket);
  }
  grant.fastest = 40;
  gate.apply(grant, kStart + 4s);
  int entered = 0;
  for (const auto& ticket : tickets) entered += gate.ask(ticket, kStart + 5s, 0) ? 0 : 1;
  EXPECT_LE(entered, 60) << "not the three hundred whose turn has come";
  EXPECT_GE(entered, 20);
}

TEST(Gate, KeepsTheOrderOfArrival) {
  Gate gate{kStart};
  gate.apply(steady(200), kStart);
  Crowd crowd{gate};
  crowd.arrive(4000, kStart, 10s);
  crowd.run(kStart + 60s);
  ASSERT_EQ(crowd.entered.size(), 4000u);
  std::size_t overtaken = 0;
  TimePoint latest{};
  for (const auto& [since, at] : crowd.entered) {
    if (since + 8s < latest) ++overtaken;
    latest = std::max(latest, since);
  }
  EXPECT_LT(overtaken, 200u) << "few are overtaken by someone who came eight seconds later";
}

TEST(Gate, LetsFreshNewcomersPassNobodyWhoseTurnItIs) {
  Gate gate{kStart};
  gate.apply(steady(100), kStart);
  Crowd crowd{gate};
  crowd.arrive(1000, kStart, 1s);
  crowd.arrive(500, kStart + 4s, 1s);
  crowd.run(kStart + 6s);
  std::size_t fresh = 0;
  for (const auto& [since, at] : crowd.entered) {
    if (since >= kStart + 4s) ++fresh;
  }
  EXPECT_LT(fresh, 60u);
}

TEST(Gate, ShutsNobodyOutWhoForgetsHisTicket) {
  Gate gate{kStart};
  gate.apply(steady(100), kStart);
  Crowd crowd{gate};
  crowd.arrive(2000, kStart, 1s);
  crowd.arrive(100, kStart, 1s, false);
  crowd.run(kStart + 120s);
  EXPECT_EQ(crowd.entered.size(), 2100u);
}

TEST(Gate, HonoursTicketsOfOtherGates) {
  Gate first{kStart};
  Gate second{kStart};
  for (auto* gate : {&first, &second}) gate->apply(steady(50), kStart);
  std::optional<Wait> wait;
  for (int i = 0; i < 500; ++i) wait = first.ask({}, kStart + i * 2ms, 0);
  for (int i = 0; i < 500; ++i) second.ask({}, kStart + i * 2ms, 0);
  ASSERT_TRUE(wait);
  EXPECT_FALSE(second.ask(wait->ticket, kStart + 1s + wait->retry_after, 0));
}

}  // namespace
}  // namespace levee::admission
