#include "levee/media/timeline.hpp"

#include <cmath>
#include <cstdlib>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "levee/media/aac.hpp"

#include "unit/media/bytes_of.hpp"

namespace levee::media {
namespace {

using namespace std::chrono_literals;

constexpr MediaTime kMs = kTimescale / 1000;
constexpr MediaTime kRtmpWrap = (MediaTime{1} << 32) * kMs;
constexpr MediaTime kTsWrap = MediaTime{1} << 33;
constexpr MediaTime kStart = Timeline::Settings{}.start;
constexpr MediaTime kFrame = kTimescale / 25;
constexpr MediaTime kAacFrame = 1920;  // 1024 samples at 48 kHz

TrackConfig audio_config() { return *parse_aac_config(from_hex("1190")); }

Packet make(TrackKind kind, MediaTime dts, MediaTime composition = 0) {
  Packet packet;
  packet.track = kind;
  packet.key = true;
  packet.dts = dts;
  packet.pts = dts + composition;
  return packet;
}

/// A Timeline in virtual time: packets arrive when their source's clock says, unless told otherwise.
class TimelineTest : public testing::Test {
 protected:
  TimelineTest() { timeline.config(audio_config()); }

  std::optional<Packet> video(MediaTime dts, MediaTime composition = 0) {
    return timeline.repair(make(TrackKind::video, dts, composition), now);
  }
  std::optional<Packet> audio(MediaTime dts) { return timeline.repair(make(TrackKind::audio, dts), now); }
  void pass(Duration time) { now += time; }

  Timeline timeline;
  TimePoint now = TimePoint{} + 1h;
};

TEST_F(TimelineTest, LeavesASteadySourceAsItIs) {
  timeline.begin(kRtmpWrap);
  for (int i = 0; i < 100; ++i) {
    const auto packet = video(5000 + i * kFrame, 2 * kFrame);
    ASSERT_TRUE(packet);
    EXPECT_EQ(packet->dts, kStart + i * kFrame);
    EXPECT_EQ(packet->pts, packet->dts + 2 * kFrame);
    pass(40ms);
  }
  EXPECT_EQ(timeline.counts(), Timeline::Counts{});
}

TEST_F(TimelineTest, LeavesTheJitterOfMillisecondsAlone) {
  timeline.begin(kRtmpWrap);
  for (int i = 0; i < 90; ++i) {
    const MediaTime stamp = i * 1000 / 30 * kMs;  // 0, 33, 66, 100 ...
    EXPECT_EQ(video(stamp)->dts, kStart + stamp);
  }
}

TEST_F(TimelineTest, CountsAudioInSamples) {
  timeline.begin(kRtmpWrap);
  for (int i = 0; i < 500; ++i) {
    const MediaTime stamp = i * 1024 * 1000 / 48000 * kMs;  // cut to milliseconds, as FLV has them
    EXPECT_EQ(audio(stamp)->dts, kStart + i * kAacFrame);
  }
  EXPECT_EQ(timeline.counts(), Timeline::Counts{});
}

TEST_F(TimelineTest, CountsAudioThatIsNoWholeNumberOfTicksWithoutDrift) {
  TrackConfig config = audio_config();
  config.sample_rate = 44100;
  timeline.config(config);
  timeline.begin(kTsWrap);
  for (int i = 0; i < 100'000; ++i) {
    const MediaTime exact = MediaTime{i} * 1024 * kTimescale / 44100;
    ASSERT_EQ(audio(exact)->dts, kStart + exact);
  }
}

TEST_F(TimelineTest, FollowsAnAudioGapAndGoesOnCounting) {
  timeline.begin(kTsWrap);
  for (int i = 0; i < 10; ++i) audio(i * kAacFrame);
  EXPECT_EQ(audio(12 * kAacFrame)->dts, kStart + 12 * kAacFrame) << "two packets are missing";
  EXPECT_EQ(audio(13 * kAacFrame + 7)->dts, kStart + 13 * kAacFrame);
  EXPECT_EQ(timeline.counts().repaired, 1u);
}

TEST_F(TimelineTest, DropsAudioThatIsMoreThanTheTimeItCovers) {
  timeline.begin(kTsWrap);
  MediaTime last = -1;
  // The source counts 20 ms for packets that are 21.3 ms of sound.
  for (int i = 0; i < 1000; ++i) {
    const auto packet = audio(i * 20 * kMs);
    if (!packet) continue;
    EXPECT_TRUE(last < 0 || packet->dts - last == kAacFrame);
    EXPECT_LE(std::abs(packet->dts - kStart - i * 20 * kMs), 30 * kMs);
    last = packet->dts;
  }
  EXPECT_NEAR(static_cast<double>(timeline.counts().dropped), 1000 * (1 - 20 / 21.333), 3);
}

TEST_F(TimelineTest, MovesFramesThatDoNotComeAfterTheirPredecessor) {
  timeline.begin(kRtmpWrap);
  video(0);
  video(kFrame);
  EXPECT_EQ(video(kFrame)->dts, kStart + kFrame + 1);
  EXPECT_EQ(video(kFrame - 90)->dts, kStart + kFrame + 2);
  EXPECT_EQ(video(2 * kFrame)->dts, kStart + 2 * kFrame);
  EXPECT_EQ(timeline.counts(), (Timeline::Counts{0, 2, 0}));
}

TEST_F(TimelineTest, NeverPresentsBeforeDecoding) {
  timeline.begin(kTsWrap);
  EXPECT_EQ(video(1000, -200)->pts, kStart);
  const auto absurd = video(1000 + kFrame, 60 * kTimescale);
  EXPECT_EQ(absurd->pts, absurd->dts);
  EXPECT_EQ(timeline.counts().repaired, 2u);
}

TEST_F(TimelineTest, UnwrapsBothClocks) {
  for (const auto wrap : {kRtmpWrap, kTsWrap}) {
    SCOPED_TRACE(wrap);
    Timeline fresh;
    fresh.config(audio_config());
    fresh.begin(wrap);
    const auto begin = wrap - 10 * kFrame;
    for (int i = 0; i < 20; ++i) {
      const auto source = (begin + i * kFrame) % wrap;
      Packet packet = make(TrackKind::video, source);
      packet.pts = (source + 3 * kFrame) % wrap;
      const auto out = fresh.repair(packet, now);
      EXPECT_EQ(out->dts, kStart + i * kFrame);
      EXPECT_EQ(out->pts, out->dts + 3 * kFrame);
      const auto sound = fresh.repair(make(TrackKind::audio, source), now);
      ASSERT_TRUE(sound);
      EXPECT_LE(std::abs(sound->dts - out->dts), 30 * kMs);
    }
    EXPECT_EQ(fresh.counts().jumps, 0u);
  }
}

TEST_F(TimelineTest, GoesOnWhenTheClockRestarts) {
  timeline.begin(kRtmpWrap);
  const MediaTime begin = 1000 * kTimescale;
  for (int i = 0; i < 25; ++i) {
    video(begin + i * kFrame);
    audio(begin + i * kFrame);
  }
  EXPECT_EQ(video(0)->dts, kStart + 25 * kFrame);
  EXPECT_EQ(video(kFrame)->dts, kStart + 26 * kFrame);
  EXPECT_EQ(timeline.counts().jumps, 1u);
}

TEST_F(TimelineTest, GoesOnWhenTheClockLeapsAhead) {
  timeline.begin(kRtmpWrap);
  for (int i = 0; i < 25; ++i) video(i * kFrame), pass(40ms);
  EXPECT_EQ(video(500 * kTimescale)->dts, kStart + 25 * kFrame);
  EXPECT_EQ(timeline.counts().jumps, 1u);
}

TEST_F(TimelineTest, KeepsAGapThatWasReallyWaitedFor) {
  timeline.begin(kRtmpWrap);
  video(0);
  pass(5s);
  EXPECT_EQ(video(5 * kTimescale)->dts, kStart + 5 * kTimescale);
  pass(20s);
  EXPECT_EQ(video(22 * kTimescale)->dts, kStart + 22 * kTimescale);
  EXPECT_EQ(timeline.counts().jumps, 0u);
}

TEST_F(TimelineTest, KeepsAGapOfOneTrackThatTheOtherExplains) {
  timeline.begin(kTsWrap);  // everything arrives at once: read from a file, not live
  audio(0);
  for (int i = 0; i < 250; ++i) video(i * kFrame);
  EXPECT_EQ(audio(10 * kTimescale)->dts, kStart + 10 * kTimescale);
  EXPECT_EQ(timeline.counts().jumps, 0u);
}

TEST_F(TimelineTest, ShiftsBothTracksByTheSameWhenOneJumpsFirst) {
  for (const MediaTime jump : {-500 * kTimescale, -4 * kTimescale, 4 * kTimescale, 500 * kTimescale}) {
    SCOPED_TRACE(jump);
    Timeline fresh;
    fresh.config(audio_config());
    fresh.begin(kTsWrap);
    const MediaTime begin = 1000 * kTimescale;
    // Audio comes 8 frames late, as in a transport stream.
    constexpr int kLate = 8;
    MediaTime video_shift = 0;
    MediaTime audio_shift = 0;
    for (int i = 0; i < 200; ++i) {
      const auto stamp = [&](int frame) { return begin + frame * kFrame + (frame >= 100 ? jump : 0); };
      const auto picture = fresh.repair(make(TrackKind::video, stamp(i)), now);
      ASSERT_TRUE(picture);
      video_shift = picture->dts - stamp(i);
      if (i < kLate) continue;
      const auto sound = fresh.repair(make(TrackKind::audio, stamp(i - kLate)), now);
      if (sound) audio_shift = sound->dts - stamp(i - kLate);
    }
    EXPECT_LE(std::abs(video_shift - audio_shift), 30 * kMs);
    EXPECT_EQ(fresh.counts().jumps, 1u) << "one jump, seen twice";
  }
}

TEST_F(TimelineTest, ContinuesAfterAPublishersReturn) {
  timeline.begin(kRtmpWrap);
  for (int i = 0; i < 10; ++i) video(i * kFrame);
  EXPECT_EQ(timeline.next_free(), kStart + 10 * kFrame);
  pass(25s);
  timeline.begin(kTsWrap);
  EXPECT_EQ(video(123456)->dts, kStart + 10 * kFrame);
  EXPECT_EQ(video(123456 + kFrame)->dts, kStart + 11 * kFrame);
  EXPECT_EQ(timeline.counts(), Timeline::Counts{});
}

TEST_F(TimelineTest, DropsWhatLiesBeforeTheFirstPacket) {
  timeline.begin(kTsWrap);
  video(10 * kFrame);
  EXPECT_FALSE(audio(10 * kFrame - 2 * kAacFrame));
  EXPECT_FALSE(audio(10 * kFrame - kAacFrame));
  EXPECT_EQ(audio(10 * kFrame)->dts, kStart);
  EXPECT_EQ(timeline.counts().dropped, 2u);
}

TEST_F(TimelineTest, JoinsATrackWhoseClockHasNothingToDoWithTheOthers) {
  timeline.begin(kRtmpWrap);
  for (int i = 0; i < 10; ++i) video(1000 * kTimescale + i * kFrame);
  EXPECT_EQ(audio(0)->dts, kStart + 10 * kFrame);
  for (int i = 10; i < 60; ++i) EXPECT_EQ(video(1000 * kTimescale + i * kFrame)->dts, kStart + i * kFrame);
  EXPECT_EQ(audio(kAacFrame)->dts, kStart + 10 * kFrame + kAacFrame);
  EXPECT_EQ(timeline.counts().jumps, 1u);
}

TEST_F(TimelineTest, SurvivesAnyNumber) {
  std::mt19937_64 random{7};
  for (const auto wrap : {MediaTime{0}, kRtmpWrap, kTsWrap}) {
    timeline.begin(wrap);
    std::array<MediaTime, 2> last{-1, -1};
    for (int i = 0; i < 20'000; ++i) {
      const auto kind = random() % 2 == 0 ? TrackKind::video : TrackKind::audio;
      Packet packet = make(kind, static_cast<MediaTime>(random()));
      packet.pts = static_cast<MediaTime>(random());
      const auto out = timeline.repair(packet, now);
      if (!out) continue;
      auto& previous = last[static_cast<std::size_t>(kind)];
      ASSERT_GT(out->dts, previous);
      ASSERT_GE(out->pts, out->dts);
      previous = out->dts;
    }
  }
}

/// A publisher in sync, with jitter, late audio, clock jumps, losses and stalls, all by chance.
TEST_F(TimelineTest, StaysMonotonicAndInSyncWhateverHappens) {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random{seed};
    const auto chance = [&](unsigned one_in) { return random() % one_in == 0; };
    Timeline fresh;
    fresh.config(audio_config());
    const auto wrap = seed % 2 == 0 ? kRtmpWrap : kTsWrap;
    fresh.begin(wrap);
    MediaTime scene = 0;                                        // the publisher's real time
    MediaTime clock = static_cast<MediaTime>(random()) % wrap;  // its clock at scene 0
    MediaTime next_audio = 0;
    int out_of_sync = 0;
    std::array<MediaTime, 2> last{-1, -1};
    std::array<std::optional<MediaTime>, 2> shift;  // out - scene, of the last packet of each track
    const auto send = [&](TrackKind kind, MediaTime at) {
      const auto jitter = static_cast<MediaTime>(random() % (3 * kMs));
      const auto out = fresh.repair(make(kind, ((clock + at + jitter) % wrap + wrap) % wrap), now);
      if (!out) return;
      const auto index = static_cast<std::size_t>(kind);
      ASSERT_GT(out->dts, last[index]);
      last[index] = out->dts;
      shift[index] = out->dts - at;
    };
    for (int i = 0; i < 3000; ++i) {
      now += 40ms;
      scene += kFrame;
      if (chance(400)) clock += static_cast<MediaTime>(random() % 2000) * kTimescale - 1000 * kTimescale;
      if (chance(300)) now += 5s, scene += 5 * kTimescale, next_audio = scene;
      if (!chance(50)) send(TrackKind::video, scene);
      for (; next_audio < scene; next_audio += kAacFrame) {
        if (!chance(100)) send(TrackKind::audio, next_audio);
      }
      const bool in_sync = shift[0] && shift[1] && std::abs(*shift[0] - *shift[1]) <= 40 * kMs;
      out_of_sync = in_sync ? 0 : out_of_sync + 1;
      ASSERT_LE(out_of_sync, 15) << "frames after a jump";
    }
  }
}

}  // namespace
}  // namespace levee::media
