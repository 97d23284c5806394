#include "levee/delivery/reload_phases.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace levee::delivery {
namespace {

using namespace std::chrono_literals;

constexpr Duration kTargetDuration = 3s;
constexpr TimePoint kShowBegins{1h};

/// A server whose playlists grow every third of a second, and players of whole segments who reload as RFC
/// 8216 section 6.3.4 says: `interval` after they began the last time, half a target duration where nothing
/// had changed.
class ReloadPhasesTest : public testing::Test {
 protected:
  struct Player {
    Duration interval;
    Reloads reloads{};
    TimePoint news{};  ///< when it last got something new
    TimePoint reload{};
  };

  void add(TimePoint at, Duration interval = kTargetDuration) {
    players.push_back({interval});
    come(players.size() - 1, at);
  }
  /// Whatever they had planned, they reload `at` and then go on from there.
  void come(std::size_t index, TimePoint at) {
    players[index].reload = at;
    due.push({at, index});
  }
  void run_until(TimePoint end) {
    while (!due.empty() && due.top().first < end) {
      const auto [now, index] = due.top();
      due.pop();
      if (players[index].reload == now) come(index, reload(players[index], now));
    }
  }
  TimePoint reload(Player& player, TimePoint now) {
    ++requests[static_cast<std::size_t>((now - kShowBegins) / 100ms)];
    if (newest_at + 333ms <= now) {
      newest_at = now;
      newest = std::make_shared<const PlaylistText>("abc", "480p", "");
    }
    Reloads& reloads = player.reloads;
    bool changed = false;
    if (reloads.has == newest) {
      phases.nothing_new(reloads, now);
    } else if (phases.move(reloads, movable && reloads.has, now)) {
      ++moves;
    } else {
      reloads.has = newest;
      reloads.given = now;
      changed = true;
    }
    if (player.news != TimePoint{}) longest = std::max(longest, now - player.news);
    if (changed) player.news = now;
    return now + (changed ? player.interval : kTargetDuration / 2);
  }
  /// Requests in each `length` of the time from `from` to `to`.
  std::vector<std::uint32_t> counted(Duration from, Duration to, Duration length) const {
    std::vector<std::uint32_t> out;
    for (auto at = from; at < to; at += length) {
      std::uint32_t sum = 0;
      for (auto slot = at / 100ms; slot < (at + length) / 100ms; ++slot)
        sum += requests[static_cast<std::size_t>(slot)];
      out.push_back(sum);
    }
    return out;
  }
  static std::uint32_t most(const std::vector<std::uint32_t>& counts) {
    return *std::ranges::max_element(counts);
  }
  static std::uint32_t least(const std::vector<std::uint32_t>& counts) {
    return *std::ranges::min_element(counts);
  }

  ReloadPhases phases{kTargetDuration};
  std::vector<Player> players;
  std::priority_queue<std::pair<TimePoint, std::size_t>, std::vector<std::pair<TimePoint, std::size_t>>,
                      std::greater<>>
      due;
  std::array<std::uint32_t, 2000> requests{};
  std::shared_ptr<const PlaylistText> newest;
  TimePoint newest_at{};
  Duration longest{};
  std::size_t moves = 0;
  bool movable = true;
};

TEST_F(ReloadPhasesTest, SplitsThoseWhoComeTogetherIntoTwo) {
  for (int i = 0; i < 6000; ++i) add(kShowBegins + i * 100us);  // within 0.6 s
  run_until(kShowBegins + 61s);
  const auto counts = counted(30s, 60s, 1500ms);
  EXPECT_LT(most(counts), 3600U);
  EXPECT_GT(least(counts), 2400U);
  EXPECT_LE(moves, 3000U) << "nobody twice";
}

TEST_F(ReloadPhasesTest, SplitsThemAgainWhenAllAreDropped) {
  for (int i = 0; i < 6000; ++i) add(kShowBegins + i * 1ms);
  run_until(kShowBegins + 40s);
  for (std::size_t i = 0; i < players.size(); ++i) come(i, kShowBegins + 40s + static_cast<int>(i) * 50us);
  run_until(kShowBegins + 91s);
  const auto counts = counted(60s, 90s, 1500ms);
  EXPECT_LT(most(counts), 3600U);
  EXPECT_GT(least(counts), 2400U);
}

TEST_F(ReloadPhasesTest, SpreadsThoseWhoGoByTheLengthOfSegmentsOverMore) {
  for (int i = 0; i < 6000; ++i) add(kShowBegins + i * 50us, 2s);  // within 0.3 s
  run_until(kShowBegins + 181s);
  const auto counts = counted(160s, 180s, 500ms);
  EXPECT_LT(most(counts), 2600U) << "of 6,000 in each 2 s";
  EXPECT_GT(least(counts), 700U);
}

TEST_F(ReloadPhasesTest, LetsNobodyGoWithoutNewsForLongerThanAPlaylistMayStayAsItIs) {
  for (int i = 0; i < 6000; ++i) add(kShowBegins + i * 100us, i % 2 == 0 ? kTargetDuration : 2s);
  run_until(kShowBegins + 120s);
  EXPECT_GT(moves, 1000U);
  EXPECT_LE(longest, kTargetDuration * 3 / 2);
}

TEST_F(ReloadPhasesTest, LeavesThoseAloneWhoAreSpread) {
  for (int i = 0; i < 30000; ++i) add(kShowBegins + i * 100us);
  run_until(kShowBegins + 60s);
  EXPECT_EQ(moves, 0U);
}

TEST_F(ReloadPhasesTest, LeavesFewAlone) {
  for (int i = 0; i < 60; ++i) add(kShowBegins);
  run_until(kShowBegins + 60s);
  EXPECT_EQ(moves, 0U);
}

TEST_F(ReloadPhasesTest, LeavesThoseAloneWhoCanNotWait) {
  movable = false;
  for (int i = 0; i < 6000; ++i) add(kShowBegins + i * 100us);
  run_until(kShowBegins + 60s);
  EXPECT_EQ(moves, 0U);
}

TEST_F(ReloadPhasesTest, MovesNobodyOfWhomItMissedSomething) {
  // Every second reload goes to another shard: what it was told there is not known here.
  for (int i = 0; i < 1000; ++i) add(kShowBegins + i * 100us, 2 * kTargetDuration);
  run_until(kShowBegins + 60s);
  EXPECT_EQ(moves, 0U);
}

}  // namespace
}  // namespace levee::delivery
