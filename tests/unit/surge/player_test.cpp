#include "surge/player.hpp"

#include <deque>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/fmt/fmt.h>

#include "support/start.hpp"

namespace levee::surge {
namespace {

using namespace std::chrono_literals;

using test::kStart;
constexpr std::string_view kLadder =
    "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000000,RESOLUTION=640x360\nv/T/source/index.m3u8\n";

/// A live playlist of 2 s segments from `first` to before `end`; with `parts` of half a second, the first
/// `parts` of segment `end` too.
std::string playlist(int first, int end, int parts = -1) {
  std::string text = fmt::format("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:{}\n", first);
  if (parts >= 0)
    text +=
        "#EXT-X-PART-INF:PART-TARGET=0.5\n#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.5\n";
  text += "#EXT-X-MAP:URI=\"init.mp4\"\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00Z\n";
  const auto part = [](int segment, int index) {
    return fmt::format("#EXT-X-PART:DURATION=0.5,URI=\"{}-p{}.m4s\"{}\n", segment, index,
                       index == 0 ? ",INDEPENDENT=YES" : "");
  };
  for (int i = first; i < end; ++i) {
    for (int p = 0; parts >= 0 && i >= end - 2 && p < 4; ++p) text += part(i, p);
    text += fmt::format("#EXTINF:2.0,\n{}.m4s\n", i);
  }
  for (int p = 0; p < parts; ++p) text += part(end, p);
  return text;
}

class PlayerTest : public testing::Test, public PlayerOutlet {
 protected:
  PlayerTest() { recorder.enter(Phase::before); }

  void fetch(PlayerRequest request) override { asked.push_back(std::move(request)); }
  void wake_at(TimePoint at) override { wake = at; }

  Response response(unsigned status, std::string_view body = {}) const {
    Response made;
    made.status = status;
    made.body = body;
    made.body_bytes = body.size();
    made.sent = made.first_byte = made.ended = now;
    return made;
  }
  /// Answers the oldest request.
  void answer(const Response& given) {
    const auto request = std::move(asked.front());
    asked.pop_front();
    player.answered(request.kind, request.due, given);
  }
  void answer(std::string_view body = "media") { answer(response(200, body)); }
  void wake_player() {
    now = wake;
    player.wake(now);
  }
  /// In, with the playlist's first answer given.
  void begin(std::string_view first_playlist) {
    player.arrive(now);
    answer(kLadder);
    answer(first_playlist);
  }
  CohortStats& stats() { return report[Phase::before]; }

  PlayerContext context{{.low_latency = true, .connections = 2}, {}, {}};
  CohortReport report;
  TimeSeries series;
  Recorder recorder{"incumbents", report, series, kStart};
  Player player{context, *this, recorder, "/live/x/index.m3u8"};
  std::deque<PlayerRequest> asked;
  TimePoint now = kStart;
  TimePoint wake{};
};

TEST_F(PlayerTest, GoesFromTheLadderOverThePlaylistToInitAndMedia) {
  player.arrive(now);
  EXPECT_EQ(asked.front().path, "/live/x/index.m3u8");
  answer(kLadder);
  EXPECT_EQ(asked.front().path, "/live/x/v/T/source/index.m3u8");
  answer(playlist(10, 20));
  EXPECT_EQ(asked.front().path, "/live/x/v/T/source/init.mp4");
  answer();
  EXPECT_EQ(asked.front().path, "/live/x/v/T/source/17.m4s");  // three segments from the end
  EXPECT_EQ(stats().playing, 0u);
  now += 70ms;
  answer();
  EXPECT_EQ(stats().playing, 1u);
  EXPECT_EQ(stats().startup.max(), 70ms);
  EXPECT_EQ(asked.front().path, "/live/x/v/T/source/18.m4s");
}

TEST_F(PlayerTest, ReloadsAPlainPlaylistOnceATargetFromWhenItWasDue) {
  begin(playlist(10, 20));
  EXPECT_EQ(wake, kStart + 2s);
  asked.clear();
  now = kStart + 2100ms;
  player.wake(now);
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked.front().due, kStart + 2s);
  answer(playlist(10, 20));  // nothing new
  EXPECT_EQ(wake, kStart + 3s);
}

TEST_F(PlayerTest, AsksForTheNextPartAndFetchesWhatIsListed) {
  begin(playlist(10, 20, 2));
  ASSERT_EQ(asked.size(), 2u);
  EXPECT_EQ(asked[0].path, "/live/x/v/T/source/index.m3u8?_HLS_msn=20&_HLS_part=2");
  EXPECT_EQ(asked[0].kind, FetchKind::blocking_playlist);
  asked.pop_front();
  answer();  // init
  EXPECT_EQ(asked.front().path,
            "/live/x/v/T/source/19-p0.m4s");  // independent, at least the hold back from the end
  for (const auto* next : {"19-p1", "19-p2", "19-p3", "20-p0", "20-p1"}) {
    answer();
    EXPECT_EQ(asked.front().path, fmt::format("/live/x/v/T/source/{}.m4s", next));
  }
  answer();
  EXPECT_TRUE(asked.empty());  // until the playlist lists more
}

TEST_F(PlayerTest, AsksForTheFirstPartOfTheNextSegmentWhenOneIsComplete) {
  begin(playlist(10, 20, 0));
  EXPECT_EQ(asked[0].path, "/live/x/v/T/source/index.m3u8?_HLS_msn=20&_HLS_part=0");
}

TEST_F(PlayerTest, DoesNotFloodAServerThatDoesNotBlock) {
  begin(playlist(10, 20, 2));
  asked.erase(asked.begin() + 1, asked.end());
  answer(playlist(10, 20, 2));
  EXPECT_TRUE(asked.empty());
  EXPECT_EQ(wake, now + 100ms);
}

TEST_F(PlayerTest, ComesBackWhenToldAndSaysWhetherThatWasHonest) {
  player.arrive(now);
  auto wait = response(503);
  wait.retry_after_s = 4;
  answer(wait);
  EXPECT_EQ(wake, kStart + 4s);
  EXPECT_EQ(stats().refusals, 1u);
  EXPECT_EQ(stats().error_count(), 0u);
  wake_player();
  answer(kLadder);
  EXPECT_EQ(stats().waits_kept, 1u);
  EXPECT_EQ(stats().waits_honest, 1u);
  EXPECT_EQ(stats().wait.max(), 4s);
}

TEST_F(PlayerTest, TimesARefusalFromWhenItWasDueAndFromWhenTheGeneratorBegan) {
  player.arrive(now);
  now += 700ms;  // the generator had other work
  auto wait = response(503);
  wait.retry_after_s = 4;
  now += 30ms;
  wait.ended = now;
  answer(wait);
  EXPECT_EQ(stats().refusal.max(), 730ms);
  EXPECT_EQ(stats().refusal_answer.max(), 30ms);
}

TEST_F(PlayerTest, CountsABrokenPromise) {
  player.arrive(now);
  auto wait = response(503);
  wait.retry_after_s = 1;
  answer(wait);
  wake_player();
  wait.ended = now;
  answer(wait);
  EXPECT_EQ(stats().waits_kept, 1u);
  EXPECT_EQ(stats().waits_honest, 0u);
  EXPECT_EQ(stats().refusals, 2u);
}

TEST_F(PlayerTest, CountsARefusalAfterItWasLetIn) {
  begin(playlist(10, 20));
  answer();
  answer(response(503));
  EXPECT_EQ(stats().refused_media, 1u);
  EXPECT_EQ(stats().refusals, 0u);
}

TEST_F(PlayerTest, AsksAgainAtOnceWhenAKeptConnectionWasGone) {
  begin(playlist(10, 20));
  answer();
  auto gone = response(0);
  gone.end = ExchangeEnd::reset;
  gone.reused = true;
  const auto path = asked.front().path;
  answer(gone);
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked.front().path, path);
  EXPECT_EQ(stats().errors[static_cast<std::size_t>(ErrorKind::reset)], 1u);
}

TEST_F(PlayerTest, ReloadsItsPlaylistAtOnceWhenItComesBackAndTimesItsWay) {
  begin(playlist(10, 20));
  answer();  // init
  while (!asked.empty()) answer();
  now = kStart + 1s;
  player.dropped(now);
  now += 100ms;
  player.come_back(now);
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked.front().path, "/live/x/v/T/source/index.m3u8");
  EXPECT_EQ(asked.front().due, now);
  now += 50ms;
  answer(playlist(10, 20));  // nothing new: media comes with the next segment
  EXPECT_EQ(stats().return_time.max(), 150ms);
  EXPECT_EQ(stats().media_return_time.count(), 0u);
  wake_player();
  answer(playlist(10, 21));
  answer();
  EXPECT_EQ(stats().return_time.count(), 1u);
  EXPECT_EQ(stats().media_return_time.max(), 1100ms);
}

TEST_F(PlayerTest, GoesOnWhenItsNextReloadIsDueWhereNobodyTellsOfADrop) {
  context.settings.reload_on_drop = false;
  begin(playlist(10, 20));
  answer();  // init
  while (!asked.empty()) answer();
  now = kStart + 1s;
  player.dropped(now);
  player.come_back(now);
  EXPECT_TRUE(asked.empty());
  wake_player();
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked.front().due, kStart + 2s);
  answer(playlist(10, 21));
  EXPECT_EQ(stats().return_time.max(), 1s);
}

TEST_F(PlayerTest, AsksForNothingTwiceWhenItComesBack) {
  begin(playlist(10, 20, 2));
  player.dropped(now);
  player.come_back(now);
  EXPECT_EQ(asked.size(), 2u) << "what was under way is sent again by the viewer";
}

TEST_F(PlayerTest, TriesAgainLaterAndLaterAfterErrors) {
  begin(playlist(10, 20));
  answer();
  for (const auto delay : {1s, 2s, 4s, 8s, 8s}) {
    answer(response(500));
    player.wake(now + delay - 1ms);
    for (; !asked.empty() && asked.front().kind == FetchKind::playlist; asked.pop_front()) {
    }
    EXPECT_TRUE(asked.empty());
    now += delay;
    player.wake(now);
    ASSERT_FALSE(asked.empty());
    if (asked.front().kind == FetchKind::playlist) asked.pop_front();
  }
}

TEST_F(PlayerTest, StallsByArithmeticWhenMediaStops) {
  begin(playlist(10, 20));
  answer();
  for (int i = 0; i < 3; ++i) answer();  // 6 s of media
  EXPECT_EQ(player.look(kStart + 5s, false), Player::Standing::playing);
  EXPECT_EQ(player.look(kStart + 7s, false), Player::Standing::stalled);
  EXPECT_EQ(stats().stalls, 1u);
  EXPECT_EQ(stats().viewers_stalled, 1u);
  now = kStart + 21s;
  player.wake(now);
  answer(playlist(10, 21));
  answer();
  EXPECT_EQ(stats().stall_us, 15'000'000u);
  EXPECT_EQ(stats().stall.max(), 15s);
}

TEST_F(PlayerTest, CountsTheTimeOfAStallIntoThePhasesItLastedThrough) {
  begin(playlist(10, 20));
  answer();
  for (int i = 0; i < 3; ++i) answer();
  player.phase_ends(kStart + 8s);
  recorder.enter(Phase::surge);
  player.look(kStart + 9s, false);
  player.leave(kStart + 10s);
  EXPECT_EQ(report[Phase::before].stall_us, 2'000'000u);
  EXPECT_EQ(report[Phase::surge].stall_us, 2'000'000u);
  EXPECT_EQ(report[Phase::before].stalls + report[Phase::surge].stalls, 1u);
  EXPECT_EQ(report[Phase::surge].viewers_stalled, 1u);
}

TEST_F(PlayerTest, JumpsToLiveWhenWhatItWantedIsGone) {
  begin(playlist(10, 20));
  answer();
  now += 2s;
  player.wake(now);
  ASSERT_EQ(asked.size(), 2u);
  std::swap(asked[0], asked[1]);
  answer(playlist(40, 50));
  EXPECT_EQ(asked.front().path, "/live/x/v/T/source/17.m4s");  // still under way
  answer(response(404));
  now += 2s;
  player.wake(now);
  answer(playlist(40, 51));
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked.front().path, "/live/x/v/T/source/48.m4s");
}

TEST_F(PlayerTest, KeepsTheInitSegmentThatADeltaUpdateDoesNotRepeat) {
  begin(playlist(10, 20, 0));
  asked.pop_front();
  answer();                              // init
  for (int i = 0; i < 4; ++i) answer();  // the parts of 19
  const std::string delta =
      "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:10\n#EXT-X-PART-INF:PART-TARGET=0.5\n"
      "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.5,CAN-SKIP-UNTIL=12\n"
      "#EXT-X-SKIP:SKIPPED-SEGMENTS=9\n#EXTINF:2.0,\n19.m4s\n"
      "#EXT-X-PART:DURATION=0.5,URI=\"20-p0.m4s\",INDEPENDENT=YES\n";
  player.answered(FetchKind::blocking_playlist, now, response(200, delta));
  EXPECT_EQ(asked.back().path, "/live/x/v/T/source/20-p0.m4s");
}

TEST_F(PlayerTest, IsNoStallWhenTheStreamHasEnded) {
  begin(playlist(10, 20) + "#EXT-X-ENDLIST\n");
  answer();
  for (int i = 0; i < 3; ++i) answer();
  EXPECT_EQ(player.look(kStart + 60s, false), Player::Standing::away);
  EXPECT_EQ(stats().stalls, 0u);
}

TEST_F(PlayerTest, SaysHowFarBehindLiveItPlays) {
  context.wall_offset =
      std::chrono::duration_cast<WallTime::duration>(1767225600s + 21s - 1000s);  // live: 21 s in
  begin(playlist(10, 20));
  answer();
  answer();
  player.look(now, true);
  EXPECT_EQ(stats().latency.max(), 7s);  // segment 17 begins 14 s in
}

}  // namespace
}  // namespace levee::surge
