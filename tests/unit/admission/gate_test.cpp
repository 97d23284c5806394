#include "levee/admission/gate.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "support/start.hpp"

namespace levee::admission {
namespace {

using namespace std::chrono_literals;

using test::kStart;

Grant steady(double rate) {
  Grant grant;
  grant.rate = rate;
  grant.burst = rate / 4;
  grant.room = 1e9;
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
  EXPECT_GE(wait->retry_after, 3s);
  EXPECT_LE(wait->retry_after, 5s);
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

TEST(Gate, KeepsItsPromisesWhenTheRateFallsToAThird) {
  Gate gate{kStart};
  gate.apply(steady(300), kStart);
  Crowd crowd{gate};
  crowd.arrive(20'000, kStart, 1s);
  crowd.run(kStart + 2s);
  gate.apply(steady(100), kStart + 2s);
  crowd.run(kStart + 90s);
  EXPECT_GT(crowd.promises, 6000);
  EXPECT_GE(crowd.kept, crowd.promises * 97 / 100) << crowd.promises;
  EXPECT_LT(crowd.entered.size(), 300u * 22 + 100u * 70) << "what was let in beyond the rate is made up for";
}

TEST(Gate, LetsPromisedTurnsWaitWhereThereIsNoRoom) {
  Gate gate{kStart};
  gate.apply(steady(300), kStart);
  Crowd crowd{gate};
  crowd.arrive(20'000, kStart, 1s);
  crowd.run(kStart + 2s);
  auto full = steady(0);
  full.room = 50;
  gate.apply(full, kStart + 2s);
  crowd.run(kStart + 30s);
  EXPECT_LE(crowd.entered.size(), 75u + 300u * 2 + 50u) << "whose turn had come, and for whom there was room";
}

// Three hundred newcomers at a gate that lets a hundred in a second, and then media is late.
struct LateMedia {
  LateMedia() {
    gate.apply(grant, kStart);
    for (int i = 0; i < 300; ++i) {
      if (const auto wait = gate.ask({}, kStart + i * 2ms, 0)) told.push_back(*wait);
    }
  }

  /// Those who were told to come by then.
  std::vector<Wait> told_by(TimePoint when) const {
    std::vector<Wait> out;
    for (const auto& wait : told) {
      if (wait.ticket.since + wait.retry_after <= when) out.push_back(wait);
    }
    return out;
  }

  /// What the controller gives while media is late, when it believes that this lasts for `hold`.
  Grant held(Duration hold) const {
    auto out = grant;
    out.rate = out.burst = out.room = 0;
    out.hold = hold;
    out.forecast = Forecast{0, 1s, 100, hold};
    return out;
  }

  /// It goes on: for as long again as it has lasted.
  void hold(TimePoint from, TimePoint to) {
    for (auto now = from; now < to; now += 100ms) gate.apply(held(std::max<Duration>(1s, now - from)), now);
    gate.apply(grant, to);
  }

  Gate gate{kStart};
  Grant grant = steady(100);
  std::vector<Wait> told;
};

TEST(Gate, LetsNobodyInWhileMediaIsLateNotEvenWhoseTurnHasCome) {
  LateMedia late;
  late.gate.apply(late.held(1s), kStart + 2s);
  const auto due = late.told_by(kStart + 2s);
  ASSERT_GT(due.size(), 50u);
  for (const auto& wait : due) {
    const auto again = late.gate.ask(wait.ticket, kStart + 2500ms, 0);
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->promised);
    EXPECT_GE(again->retry_after, 1s);
    EXPECT_LE(again->retry_after, 3s);
    EXPECT_EQ(again->ticket.since, wait.ticket.since) << "the same place";
  }
  EXPECT_TRUE(late.gate.ask({}, kStart + 2500ms, 0));
}

TEST(Gate, KeepsWhatItTellsThoseWhoseTurnHasComeWhileMediaIsLate) {
  LateMedia late;
  late.hold(kStart + 2s, kStart + 2500ms);
  late.gate.apply(late.held(1s), kStart + 2500ms);
  std::multimap<TimePoint, Ticket> due;
  for (const auto& wait : late.told_by(kStart + 2s)) {
    const auto again = late.gate.ask(wait.ticket, kStart + 2500ms, 0);
    ASSERT_TRUE(again);
    due.emplace(kStart + 2500ms + again->retry_after + due.size() * 7ms, again->ticket);  // not in one moment
  }
  late.gate.apply(late.grant, kStart + 3500ms);
  ASSERT_GT(due.size(), 50u);
  for (const auto& [when, ticket] : due)
    EXPECT_FALSE(late.gate.ask(ticket, when, 0)) << (when - kStart) / 1ms;
}

TEST(Gate, KeepsATurnHoweverLongMediaIsLate) {
  LateMedia late;
  const Wait first = late.told.front();
  late.hold(kStart + 2s, kStart + 62s);
  for (int i = 0; i < 300; ++i) late.gate.ask({}, kStart + 62s, 0);  // who came later
  EXPECT_FALSE(late.gate.ask(first.ticket, kStart + 63s, 0));
}

TEST(Gate, LetsTurnsComeAfterMediaWasLateAsTheyWouldHaveBefore) {
  LateMedia late;
  Crowd crowd{late.gate};
  crowd.arrive(2000, kStart, 100ms);
  crowd.run(kStart + 3s);
  const auto before = crowd.entered.size();
  for (auto now = kStart + 3s; now < kStart + 13s; now += 100ms) {
    late.gate.apply(late.held(std::max<Duration>(1s, now - kStart - 3s)), now);
    crowd.run(now + 100ms);
  }
  EXPECT_EQ(crowd.entered.size(), before);
  late.gate.apply(late.grant, kStart + 13s);
  crowd.run(kStart + 15s);
  EXPECT_LE(crowd.entered.size(), before + 400) << "not at once all whose turn would have come meanwhile";
  EXPECT_GE(crowd.entered.size(), before + 50);
}

TEST(Gate, KnowsThePlacesOfThoseOnTheirWayHoweverManyJoinBehindThem) {
  Gate gate{kStart};
  auto grant = steady(50);
  grant.fastest = 10'000;
  gate.apply(grant, kStart);
  std::vector<Wait> promised;
  for (int i = 0; i < 900; ++i) {
    const auto wait = gate.ask({}, kStart + i * 1ms, 0);
    if (wait && wait->promised) promised.push_back(*wait);
  }
  ASSERT_GT(promised.size(), 500u);
  std::size_t kept = 0;
  std::size_t next = 0;
  for (auto now = kStart + 1s; now < kStart + 30s; now += 1ms) {
    gate.ask({}, now, 0);  // a thousand a second who never come back
    for (; next < promised.size() && now >= promised[next].ticket.since + promised[next].retry_after; ++next)
      kept += gate.ask(promised[next].ticket, now, 0) ? 0U : 1U;
  }
  EXPECT_EQ(next, promised.size());
  EXPECT_GE(kept, promised.size() * 98 / 100);
}

TEST(Gate, AsksThoseFarBackToComeSeldom) {
  Gate gate{kStart};
  gate.apply(steady(10), kStart);
  Wait last;
  for (int i = 0; i < 100'000; ++i) {
    if (const auto wait = gate.ask({}, kStart + i * 1us, 0)) last = *wait;
  }
  EXPECT_FALSE(last.promised);
  EXPECT_GE(last.retry_after, 150s);
  EXPECT_LE(last.retry_after, 300s);
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
