#include <chrono>
#include <deque>
#include <fmt/format.h>
#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "levee/transcode/transcoder.hpp"

#include "source_file.hpp"
#include "support/boxes.hpp"
#include "support/recording_part_sink.hpp"
#include "support/temporary_directory.hpp"
#include "transcode/fragment_muxer.hpp"

namespace levee::transcode {
namespace {

using media::kTimescale;
using media::MediaTime;
using testing::ElementsAre;

const WallTime kNoon{std::chrono::hours{12}};

Settings without_ladder() {
  Settings settings;
  settings.ladder.enabled = false;
  return settings;
}

/// A stream that is passed through; what it posts is run by `run`.
struct PassedThrough {
  PassedThrough() {
    pipeline = transcoder.make_pipeline(
        "show", [this](std::function<void()> work) { posted.push_back(std::move(work)); }, sink);
  }
  void begin(const SourceFile& source, WallTime at = kNoon) {
    pipeline->begin(source.video, source.audio, source.frame_rate, at);
  }
  void play(const std::vector<media::Packet>& packets) {
    for (const auto& packet : packets) pipeline->packet(packet);
  }
  void finish() {
    pipeline->finish([this] { done = true; });
    while (!posted.empty()) {
      std::exchange(posted.front(), {})();
      posted.pop_front();
    }
  }
  auto& operator[](const std::string& name) { return sink.renditions[name]; }

  Transcoder transcoder{without_ladder(), hls::Settings{}};
  test::RecordingPartSink sink;
  std::deque<std::function<void()>> posted;
  std::unique_ptr<hls::Pipeline> pipeline;
  bool done = false;
};

/// Decodes with the ffmpeg program; any error fails. Gives the number of pictures.
int decoded_frames(const Bytes& file) {
  const test::TemporaryDirectory directory;
  const auto path = directory.write("file.mp4", file);
  test::run_command("ffmpeg -v error -xerror -err_detect explode -i " + path + " -f null -");
  return std::stoi(test::run_command(
      "ffprobe -v error -count_frames -select_streams v:0 -show_entries stream=nb_read_frames -of csv=p=0 " +
      path));
}

TEST(Passthrough, GivesPartsThatFfmpegDecodesWithoutAnError) {
  const auto source = make_source();
  PassedThrough stream;
  stream.begin(source);
  stream.play(source.packets);
  stream.finish();
  EXPECT_TRUE(stream.done);
  auto& rendition = stream["source"];
  ASSERT_EQ(rendition.inits.size(), 1u);
  EXPECT_EQ(test::box_types(*rendition.inits[0]), "ftyp moov");
  EXPECT_EQ(rendition.parts.size(), 12u);
  EXPECT_EQ(decoded_frames(rendition.file()), 120);
  EXPECT_EQ(decoded_frames(rendition.file(0, 1)), 60) << "from the second segment on";
}

TEST(Passthrough, SaysOfPartsWhatTheirBoxesSay) {
  const auto source = make_source();
  PassedThrough stream;
  stream.begin(source);
  stream.play(source.packets);
  stream.finish();
  MediaTime next = -1;
  for (const auto& part : stream["source"].parts) {
    const auto fragment = test::parse_fragment(*part.data);
    EXPECT_EQ(fragment.moofs, 1);
    const auto* video = fragment.track(1);
    ASSERT_TRUE(video);
    EXPECT_EQ(video->tfdt, part.start + FragmentMuxer::kBase);
    EXPECT_EQ(video->end(), part.start + part.duration + FragmentMuxer::kBase);
    EXPECT_EQ(video->samples.front().sync, part.independent);
    EXPECT_EQ(part.independent, part.begins_segment);
    if (part.begins_segment) {
      EXPECT_EQ(video->samples.front().cts, 0);
    }
    if (next >= 0) {
      EXPECT_EQ(part.start, next);
    }
    next = part.start + part.duration;
  }
}

TEST(Passthrough, KeepsAudioContinuousAndInItsPart) {
  const auto source = make_source();
  PassedThrough stream;
  stream.begin(source);
  stream.play(source.packets);
  stream.finish();
  std::int64_t next = -1;
  for (const auto& part : stream["source"].parts) {
    const auto fragment = test::parse_fragment(*part.data);
    const auto* track = fragment.track(2);
    ASSERT_TRUE(track);
    if (next >= 0) {
      EXPECT_EQ(track->tfdt, next);
    }
    next = track->end();
    const auto start = (track->tfdt * kTimescale / 48'000) - FragmentMuxer::kBase;
    EXPECT_GE(start, part.start);
    EXPECT_LT(start, part.start + 2000);
  }
}

TEST(Passthrough, CutsAudioAloneAtTheSameTimes) {
  const auto source = make_source();
  PassedThrough stream;
  stream.begin(source);
  stream.play(source.packets);
  stream.finish();
  const auto& video = stream["source"].parts;
  const auto& audio = stream["audio"].parts;
  ASSERT_EQ(video.size(), audio.size());
  for (std::size_t i = 0; i < video.size(); ++i) {
    EXPECT_EQ(video[i].msn, audio[i].msn);
    EXPECT_EQ(video[i].start, audio[i].start);
    EXPECT_EQ(video[i].duration, audio[i].duration);
    EXPECT_EQ(video[i].program_date_time, audio[i].program_date_time);
    EXPECT_TRUE(audio[i].independent);
  }
  EXPECT_EQ(stream["audio"].infos[0].codecs, "mp4a.40.2");
  EXPECT_THAT(stream["source"].infos[0].codecs, testing::MatchesRegex("avc1.[0-9a-f]+,mp4a.40.2"));
}

TEST(Passthrough, PlaysVideoWithoutAudio) {
  SourceRecipe recipe;
  recipe.audio = false;
  const auto source = make_source(recipe);
  PassedThrough stream;
  stream.begin(source);
  stream.play(source.packets);
  stream.finish();
  EXPECT_EQ(decoded_frames(stream["source"].file()), 120);
  EXPECT_FALSE(stream.sink.renditions.contains("audio"));
}

TEST(Passthrough, PlaysAudioWithoutVideo) {
  SourceRecipe recipe;
  recipe.video = false;
  const auto source = make_source(recipe);
  PassedThrough stream;
  stream.begin(source);
  stream.play(source.packets);
  stream.finish();
  EXPECT_GE(stream["source"].parts.size(), 11u);
  const test::TemporaryDirectory directory;
  const auto path = directory.write("file.mp4", stream["source"].file());
  EXPECT_EQ(test::run_command("ffmpeg -v error -xerror -i " + path + " -f null -"), "");
}

TEST(Passthrough, GoesOnWithADiscontinuityAndTheSameInitWhenThePublisherReturns) {
  const auto source = make_source();
  PassedThrough stream;
  stream.begin(source);
  stream.play(source.packets);
  stream.begin(source, kNoon + std::chrono::minutes{1});
  stream.play(source.later(60 * kTimescale));
  stream.finish();
  const auto& rendition = stream["source"];
  EXPECT_EQ(rendition.inits.size(), 1u);
  ASSERT_EQ(rendition.parts.size(), 24u);
  EXPECT_EQ(rendition.parts[12].msn, 2u);
  EXPECT_TRUE(rendition.parts[12].discontinuity);
  EXPECT_TRUE(rendition.parts[11].ends_segment);
  EXPECT_TRUE(stream["audio"].parts[12].discontinuity);
  EXPECT_EQ(decoded_frames(rendition.file()), 240);
}

TEST(Passthrough, HasANewInitAfterAChangeOfResolution) {
  const auto small = make_source();
  SourceRecipe recipe;
  recipe.size = "640x360";
  const auto large = make_source(recipe);
  PassedThrough stream;
  stream.begin(small);
  stream.play(small.packets);
  stream.begin(large);
  stream.play(large.later(10 * kTimescale));
  stream.finish();
  ASSERT_EQ(stream["source"].inits.size(), 2u);
  EXPECT_EQ(stream["source"].infos[1].height, 360u);
  EXPECT_EQ(decoded_frames(stream["source"].file(1)), 120);
  EXPECT_EQ(stream["audio"].inits.size(), 1u);
}

TEST(Passthrough, TurnsARenditionThatLostItsTrackIntoGaps) {
  const auto both = make_source();
  SourceRecipe recipe;
  recipe.audio = false;
  const auto silent = make_source(recipe);
  PassedThrough stream;
  stream.begin(both);
  stream.play(both.packets);
  stream.begin(silent);
  stream.play(silent.later(10 * kTimescale));
  stream.finish();
  const auto& audio = stream["audio"];
  EXPECT_THAT(audio.offers, ElementsAre(false));
  ASSERT_EQ(audio.parts.size(), stream["source"].parts.size());
  EXPECT_TRUE(audio.parts.back().gap);
  EXPECT_EQ(audio.parts.back().data, nullptr);
}

TEST(Passthrough, KeepsTimeOverAHoleInTheSource) {
  const auto source = make_source();
  PassedThrough stream;
  stream.begin(source);
  for (const auto& packet : source.packets) {
    const auto second = packet.dts / kTimescale;
    if (second != 2) stream.pipeline->packet(packet);
  }
  stream.finish();
  for (const auto& part : stream["source"].parts) {
    const auto fragment = test::parse_fragment(*part.data);
    const auto* video = fragment.track(1);
    ASSERT_TRUE(video);
    EXPECT_EQ(video->tfdt, part.start + FragmentMuxer::kBase);
  }
}

}  // namespace
}  // namespace levee::transcode
