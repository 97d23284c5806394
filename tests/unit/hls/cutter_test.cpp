#include "levee/hls/cutter.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace levee::hls {
namespace {

using media::kTimescale;
using media::MediaTime;
using media::Packet;
using media::TrackKind;
using std::chrono_literals::operator""s;
using testing::ElementsAre;

constexpr MediaTime kFrame30 = kTimescale / 30;
constexpr MediaTime kAudioFrame = 1920;  // 1024 samples of 48 kHz
const WallTime kNoon{std::chrono::hours{12}};

Packet video(MediaTime time, bool key) {
  return {.track = TrackKind::video, .key = key, .dts = time, .pts = time, .data = nullptr};
}
Packet audio(MediaTime time) {
  return {.track = TrackKind::audio, .key = true, .dts = time, .pts = time, .data = nullptr};
}

struct PartRecord {
  Cut cut;
  PartEnd end;
  std::vector<MediaTime> audio;
  MediaTime duration() const { return end.at - cut.at; }
};

/// Feeds a cutter, and puts its events into parts as a packager would.
class Stream {
 public:
  explicit Stream(const Settings& settings = {}) : cutter{settings} {}

  void feed(const Packet& packet) {
    cutter.feed(packet);
    take();
  }
  void finish() {
    cutter.finish();
    take();
  }
  void take() {
    for (const auto& event : cutter.take_output()) {
      if (const auto* cut = std::get_if<Cut>(&event)) {
        parts.push_back({.cut = *cut, .end = {}, .audio = {}});
      } else if (const auto* end = std::get_if<PartEnd>(&event)) {
        ASSERT_LT(ended, parts.size());
        parts[ended++].end = *end;
      } else if (const auto& packet = std::get<Packet>(event); packet.track == TrackKind::audio) {
        ASSERT_LT(ended, parts.size());
        parts[ended].audio.push_back(packet.dts);
      }
    }
  }
  std::vector<double> segment_starts() const {
    std::vector<double> starts;
    for (const auto& part : parts)
      if (part.cut.begins_segment) starts.push_back(media::seconds(part.cut.at));
    return starts;
  }

  Cutter cutter;
  std::vector<PartRecord> parts;
  std::size_t ended = 0;
};

/// Frames of `interval` up to `end`, a key frame each `keys`, with audio interleaved when `with_audio`.
void play(Stream& stream, MediaTime end, MediaTime interval, MediaTime keys, bool with_audio = false,
          MediaTime begin = 0) {
  MediaTime sound = begin;
  int frame = 0;
  const auto frames_a_key = keys / interval;
  for (MediaTime time = begin; time < end; time += interval, ++frame) {
    for (; with_audio && sound <= time; sound += kAudioFrame) stream.feed(audio(sound));
    stream.feed(video(time, frame % frames_a_key == 0));
  }
}

TEST(Cutter, CutsSegmentsAtTheFirstKeyFrameAtOrAfterTheTarget) {
  Stream stream;
  stream.cutter.begin(true, false, kNoon);
  play(stream, 6 * kTimescale, kFrame30, kTimescale / 2);
  EXPECT_THAT(stream.segment_starts(), ElementsAre(0, 2, 4));
  EXPECT_EQ(stream.parts.front().cut.msn, 0u);
  EXPECT_EQ(stream.parts.back().cut.msn, 2u);
}

TEST(Cutter, CutsPartsOfTenFramesAtThirtyFramesASecond) {
  Stream stream;
  stream.cutter.begin(true, false, kNoon);
  play(stream, 4 * kTimescale + 1, kFrame30, 2 * kTimescale);
  ASSERT_EQ(stream.ended, 12u);
  for (std::size_t i = 0; i < stream.ended; ++i) {
    EXPECT_EQ(stream.parts[i].duration(), 10 * kFrame30);
    EXPECT_EQ(stream.parts[i].end.ends_segment, i % 6 == 5);
  }
}

TEST(Cutter, KeepsPartsWithinThePartTargetAtAnyFrameRate) {
  for (const int rate : {24, 25, 30, 48, 50, 60, 90, 120, 144}) {
    SCOPED_TRACE(rate);
    Settings settings;
    Stream stream{settings};
    stream.cutter.begin(true, false, kNoon);
    play(stream, 20 * kTimescale, kTimescale / rate, kTimescale / rate * rate * 2);
    for (std::size_t i = 0; i < stream.ended; ++i) {
      EXPECT_LE(stream.parts[i].duration(), settings.part_target());
      if (stream.parts[i].end.ends_segment) continue;
      EXPECT_GE(stream.parts[i].duration(), settings.part_target() * 85 / 100);
    }
  }
}

TEST(Cutter, EndsAPartAtTheLastFrameWhenTheNextOneComesTooLate) {
  Settings settings;
  Stream stream{settings};
  stream.cutter.begin(true, false, kNoon);
  for (int i = 0; i < 10; ++i) stream.feed(video(i * kFrame30, i == 0));
  stream.feed(video(13 * kFrame30, false));  // three frames were dropped by the publisher
  stream.feed(video(14 * kFrame30, false));
  ASSERT_GE(stream.ended, 1u);
  EXPECT_EQ(stream.parts[0].duration(), 9 * kFrame30);
  EXPECT_TRUE(stream.parts[1].cut.late);
}

TEST(Cutter, GivesASlowSourceOnePartAFrame) {
  Stream stream;
  stream.cutter.begin(true, false, kNoon);
  play(stream, 10 * kTimescale, kTimescale / 2, 2 * kTimescale);
  for (std::size_t i = 0; i < stream.ended; ++i) EXPECT_EQ(stream.parts[i].duration(), kTimescale / 2);
  EXPECT_THAT(stream.segment_starts(), ElementsAre(0, 2, 4, 6, 8));
}

TEST(Cutter, ToleratesTimestampsInMilliseconds) {
  Stream stream;
  stream.cutter.begin(true, false, kNoon);
  const MediaTime times[] = {0, 999 * 90, 1999 * 90, 3000 * 90, 3999 * 90};
  for (const auto key : times) play(stream, key + 30 * kFrame30 - 200, kFrame30, kTimescale, false, key);
  EXPECT_THAT(stream.segment_starts(), ElementsAre(0, 1.999, 3.999));
}

TEST(Cutter, CutsEarlierWhenTheNextKeyFrameCouldComeTooLate) {
  Stream stream;
  stream.cutter.begin(true, false, kNoon);
  play(stream, 3 * kTimescale, kFrame30, 3 * kTimescale);
  play(stream, 4 * kTimescale, kFrame30, kTimescale, false, 3 * kTimescale);
  play(stream, 7 * kTimescale, kFrame30, 3 * kTimescale, false, 4 * kTimescale);
  play(stream, 8 * kTimescale, kFrame30, 3 * kTimescale, false, 7 * kTimescale);
  EXPECT_THAT(stream.segment_starts(), ElementsAre(0, 3, 4, 7));
  for (const auto& part : stream.parts) EXPECT_FALSE(part.cut.overdue);
}

TEST(Cutter, EndsASegmentWithoutAKeyFrameBeforeItsLimit) {
  Settings settings;
  Stream stream{settings};
  stream.cutter.begin(true, false, kNoon);
  play(stream, 8 * kTimescale, kFrame30, 25 * kTimescale / 3);
  const auto overdue =
      std::ranges::find_if(stream.parts, [](const PartRecord& part) { return part.cut.overdue; });
  ASSERT_NE(overdue, stream.parts.end());
  EXPECT_LE(overdue->cut.at, settings.segment_limit());
  EXPECT_GT(overdue->cut.at, settings.segment_limit() - kTimescale / 5);
  EXPECT_FALSE(overdue->cut.late);
}

TEST(Cutter, CutsAtTheTargetOnceRenditionsMakeTheirOwnKeyFrames) {
  Stream stream;
  stream.cutter.begin(true, false, kNoon);
  stream.feed(video(0, true));
  stream.cutter.ignore_key_frames();
  play(stream, 7 * kTimescale, kFrame30, 100 * kTimescale, false, kFrame30);
  EXPECT_THAT(stream.segment_starts(),
              ElementsAre(0, testing::DoubleNear(2, 0.06), testing::DoubleNear(4, 0.12),
                          testing::DoubleNear(6, 0.18)));
}

TEST(Cutter, GivesEachPartTheAudioOfItsTime) {
  Stream stream;
  stream.cutter.begin(true, true, kNoon);
  play(stream, 4 * kTimescale, kFrame30, 2 * kTimescale, true);
  stream.finish();
  MediaTime next = 0;
  ASSERT_EQ(stream.ended, 12u);
  for (const auto& part : stream.parts) {
    for (const auto time : part.audio) {
      EXPECT_EQ(time, next);
      EXPECT_GE(time, part.cut.at);
      EXPECT_LT(time, part.end.at);
      next += kAudioFrame;
    }
  }
  EXPECT_GE(next, 4 * kTimescale - 2 * kFrame30);
}

TEST(Cutter, WaitsForLateAudioButNotForLong) {
  Stream stream;
  stream.cutter.begin(true, true, kNoon);
  stream.feed(audio(0));
  for (int i = 0; i <= 10; ++i) stream.feed(video(i * kFrame30, i == 0));
  EXPECT_EQ(stream.ended, 0u);
  for (int i = 11; i <= 19; ++i) stream.feed(video(i * kFrame30, false));
  EXPECT_EQ(stream.ended, 1u);
  stream.feed(audio(kAudioFrame));
  for (int i = 20; i <= 30; ++i) stream.feed(video(i * kFrame30, false));
  stream.finish();
  ASSERT_GE(stream.parts.size(), 2u);
  EXPECT_THAT(stream.parts[0].audio, ElementsAre(0));
  EXPECT_THAT(stream.parts[1].audio, ElementsAre(kAudioFrame));
}

TEST(Cutter, DoesNotWaitForAudioThatHasFallenSilent) {
  Stream stream;
  stream.cutter.begin(true, true, kNoon);
  play(stream, 4 * kTimescale, kFrame30, 2 * kTimescale);
  EXPECT_EQ(stream.ended, 11u);
}

TEST(Cutter, CutsAudioAloneByTime) {
  Settings settings;
  Stream stream{settings};
  stream.cutter.begin(false, true, kNoon);
  for (MediaTime time = 0; time < 10 * kTimescale; time += kAudioFrame) stream.feed(audio(time));
  EXPECT_EQ(stream.segment_starts().size(), 5u);
  for (std::size_t i = 0; i < stream.ended; ++i) {
    EXPECT_LE(stream.parts[i].duration(), settings.part_target());
    EXPECT_FALSE(stream.parts[i].audio.empty());
  }
}

TEST(Cutter, GoesOnByAudioWhileVideoHasStopped) {
  Settings settings;
  Stream stream{settings};
  stream.cutter.begin(true, true, kNoon);
  play(stream, kTimescale, kFrame30, 2 * kTimescale, true);
  for (MediaTime time = kTimescale; time < 10 * kTimescale; time += kAudioFrame) stream.feed(audio(time));
  ASSERT_GT(stream.ended, 25u);
  EXPECT_TRUE(stream.parts[stream.ended - 1].end.without_video);
  for (std::size_t i = 0; i < stream.ended; ++i)
    EXPECT_LE(stream.parts[i].duration(), settings.part_target());
  const auto msn = stream.parts.back().cut.msn;
  stream.feed(video(10 * kTimescale, true));
  EXPECT_EQ(stream.parts.back().cut.msn, msn + 1);
  EXPECT_EQ(stream.parts.back().cut.at, 10 * kTimescale);
}

TEST(Cutter, BeginsWithAudioWhenNoVideoComes) {
  Stream stream;
  stream.cutter.begin(true, true, kNoon);
  for (MediaTime time = 0; time < 3 * kTimescale; time += kAudioFrame) stream.feed(audio(time));
  EXPECT_GE(stream.ended, 8u);
}

TEST(Cutter, GoesOnWithTheNextNumberAndADiscontinuityAfterBegin) {
  Stream stream;
  stream.cutter.begin(true, false, kNoon);
  play(stream, 3 * kTimescale, kFrame30, 2 * kTimescale);
  stream.cutter.begin(true, false, kNoon + std::chrono::minutes{1});
  play(stream, 40 * kTimescale, kFrame30, 2 * kTimescale, false, 37 * kTimescale);
  stream.finish();
  std::vector<std::uint64_t> numbers;
  std::vector<bool> discontinuities;
  std::vector<std::chrono::seconds> dates;
  for (const auto& part : stream.parts) {
    if (!part.cut.begins_segment) continue;
    numbers.push_back(part.cut.msn);
    discontinuities.push_back(part.cut.discontinuity);
    dates.push_back(std::chrono::duration_cast<std::chrono::seconds>(part.cut.program_date_time - kNoon));
  }
  EXPECT_THAT(numbers, ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(discontinuities, ElementsAre(false, false, true, false));
  EXPECT_THAT(dates, ElementsAre(0s, 2s, 60s, 62s));
  EXPECT_EQ(stream.ended, stream.parts.size());
  EXPECT_TRUE(stream.parts.back().end.ends_segment);
}

TEST(Cutter, PlacesFramesByTheirTurnInPresentationOrder) {
  Stream stream;
  stream.cutter.begin(true, false, kNoon);
  auto packet = video(0, true);
  packet.pts = 2 * kFrame30;
  stream.feed(packet);
  EXPECT_EQ(stream.parts[0].cut.at, 2 * kFrame30);
  EXPECT_EQ(stream.parts[0].cut.program_date_time, kNoon);
}

}  // namespace
}  // namespace levee::hls
