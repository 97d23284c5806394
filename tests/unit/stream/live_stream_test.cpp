#include "stream/live_stream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fake_pipeline.hpp"
#include "support/outlet.hpp"
#include "support/packets.hpp"

namespace levee::stream {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr media::MediaTime kFrame = 30'000;

/// One stream on a stage where time passes only as told.
struct Stage {
  explicit Stage(hls::PipelineFactory pipelines = test::fake_pipelines()) : factory{std::move(pipelines)} {}

  void attach() {
    live.attach({.key = "key", .protocol = "rtmp", .peer = "192.0.2.7:51234", .timestamp_wrap = 0},
                TimePoint{now});
    dts = 0;
  }
  void configure() {
    live.config(test::video_config());
    live.config(test::audio_config());
  }
  /// `count` frames a third of a second long, the first of every six a key frame.
  void frames(int count) {
    for (int i = 0; i < count; ++i, dts += kFrame) frame(i % 6 == 0);
  }
  void frame(bool key) {
    live.packet({test::video_packet(dts, key), Arrival{TimePoint{now}, test::show_start() + now}});
    now += 333ms;
  }
  std::shared_ptr<const StreamView> view() const { return outlet.view("show"); }

  test::RecordingOutlet outlet;
  Counters counters;
  hls::PipelineFactory factory;
  std::vector<std::string> events;
  std::chrono::milliseconds now{};
  media::MediaTime dts = 0;
  LiveStream live{"show",
                  "k3",
                  test::show_start(),
                  hls::Settings{},
                  outlet,
                  factory,
                  [](std::function<void()> function) { function(); },
                  counters,
                  {.playing = [this] { events.push_back("playing"); },
                   .failed = [this](ErrorCode reason) { events.push_back(reason.message()); }}};
};

TEST(LiveStream, IsPlayingFromItsFirstPart) {
  Stage stage;
  stage.attach();
  stage.configure();
  EXPECT_THAT(stage.events, IsEmpty());
  stage.frames(2);
  EXPECT_THAT(stage.events, ElementsAre("playing"));
  EXPECT_EQ(stage.view()->rendition("source")->part_count(), 1u);
}

TEST(LiveStream, DescribesItsPublisher) {
  Stage stage;
  stage.attach();
  stage.live.info({.encoder = "obs", .expects_video = true, .expects_audio = true, .frame_rate = {}});
  stage.configure();
  stage.frames(3);
  const auto& facts = stage.view()->facts;
  EXPECT_EQ(facts.protocol, "rtmp");
  EXPECT_EQ(facts.peer, "192.0.2.7:51234");
  EXPECT_EQ(facts.encoder, "obs");
  EXPECT_EQ(facts.video, "avc1.64001f 1280x720@30");
  EXPECT_EQ(facts.audio, "mp4a.40.2 48000x2");
  EXPECT_EQ(facts.publications, 1u);
  EXPECT_EQ(facts.bytes_in, 3000u);
  EXPECT_THAT(facts.warnings, IsEmpty());
  EXPECT_EQ(stage.counters.bytes_in.value(), 3000u);
}

TEST(LiveStream, P3_P16_DatesAPublicationByTheArrivalOfItsFirstPacket) {
  Stage stage;
  stage.attach();
  stage.configure();
  stage.now = 5s;
  stage.frames(2);
  EXPECT_THAT(stage.view()->rendition("source")->playlist(),
              HasSubstr("#EXT-X-PROGRAM-DATE-TIME:2026-05-01T12:00:05.000Z\n"));
}

TEST(LiveStream, P12_P18_GoesOnWithADiscontinuityWhenThePublisherReturns) {
  Stage stage;
  stage.attach();
  stage.configure();
  stage.frames(12);
  stage.now += 10s;
  stage.attach();
  stage.configure();
  stage.frames(3);
  const auto playlist = stage.view()->rendition("source")->playlist();
  EXPECT_THAT(playlist, HasSubstr("k3-s1.m4s\n#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"k3-i0.mp4\"\n"
                                  "#EXT-X-PROGRAM-DATE-TIME:2026-05-01T12:00:13.996Z\n"));
  EXPECT_THAT(stage.events, ElementsAre("playing", "playing"));
  EXPECT_EQ(stage.view()->facts.publications, 2u);
}

TEST(LiveStream, NeverDatesAPublicationBeforeTheEndOfTheOneBefore) {
  Stage stage;
  stage.attach();
  stage.configure();
  for (int i = 0; i < 60; ++i, stage.dts += kFrame) {  // 20 s of media at once
    stage.frame(i % 6 == 0);
    stage.now = 0ms;
  }
  stage.attach();
  stage.configure();
  stage.frames(2);
  EXPECT_THAT(stage.view()->rendition("source")->playlist(),
              HasSubstr("#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"k3-i0.mp4\"\n"
                        "#EXT-X-PROGRAM-DATE-TIME:2026-05-01T12:00:19."));
}

TEST(LiveStream, F7_P18_BeginsAgainWithANewInitSegmentWhenTheCodecParametersChange) {
  Stage stage;
  stage.attach();
  stage.configure();
  stage.frames(6);
  stage.live.config(test::video_config("other"));
  stage.frames(3);
  EXPECT_THAT(stage.view()->rendition("source")->playlist(),
              HasSubstr("#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"k3-i1.mp4\"\n"));
}

TEST(LiveStream, WarnsOfKeyFramesThatAreTooFarApart) {
  Stage stage;
  stage.attach();
  stage.configure();
  stage.frame(true);
  for (int i = 0; i < 12; ++i) {
    stage.dts += kFrame;
    stage.frame(false);
  }
  stage.dts += kFrame;
  stage.frame(true);
  stage.dts += kFrame;
  stage.frame(false);
  EXPECT_THAT(stage.view()->facts.warnings,
              Contains("key frames are 4.3 s apart; set the key frame interval to 2 s"));
}

TEST(LiveStream, SaysWhyThereIsNothingToPlay) {
  Stage stage;
  stage.attach();
  stage.configure();
  for (int i = 0; i < 40; ++i, stage.dts += kFrame) stage.frame(false);
  EXPECT_THAT(stage.view()->facts.warnings, Contains("nothing to play yet: no key frame has come"));
  EXPECT_EQ(stage.counters.undecodable.value(), 40u);
}

TEST(LiveStream, P17_FinishesWithAllThatWasHeldBack) {
  Stage stage;
  stage.attach();
  stage.configure();
  stage.frames(8);
  bool done = false;
  stage.live.finish([&] { done = true; });
  EXPECT_TRUE(done);
  stage.live.set_state(StreamState::ended);
  const auto source = stage.view()->rendition("source");
  EXPECT_TRUE(source->ended());
  EXPECT_EQ(source->next_part(), 8u);
  EXPECT_EQ(stage.view()->state, StreamState::ended);
}

TEST(LiveStream, FinishesWithoutEverHavingBegun) {
  Stage stage;
  stage.attach();
  bool done = false;
  stage.live.finish([&] { done = true; });
  EXPECT_TRUE(done);
  EXPECT_FALSE(stage.live.playable());
}

TEST(LiveStream, ReportsAPipelineThatFails) {
  Stage throwing{test::fake_pipelines({.with_rung = false, .throws_on_packet = true})};
  throwing.attach();
  throwing.configure();
  throwing.frames(3);
  EXPECT_THAT(throwing.events, ElementsAre("the stream can't be processed here"));
  EXPECT_THAT(throwing.view()->facts.warnings, ElementsAre("the server could not process the stream"));

  Stage none{
      [](const std::string&, hls::PostHome, hls::PartSink&) { return std::unique_ptr<hls::Pipeline>{}; }};
  none.attach();
  none.configure();
  none.frames(3);
  EXPECT_THAT(none.events, ElementsAre("the stream can't be processed here"));
}

}  // namespace
}  // namespace levee::stream
