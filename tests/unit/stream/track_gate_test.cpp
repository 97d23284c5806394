#include "stream/track_gate.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "support/packets.hpp"

namespace levee::stream {
namespace {

using namespace std::chrono_literals;
using test::audio_config;
using test::audio_packet;
using test::video_config;
using test::video_packet;

constexpr media::MediaTime kFrame = 3000;

class Recorder final : public TrackGate::Output {
 public:
  void begin(const Tracks& tracks, const Arrival& first) override {
    log += tracks.video ? "[V" : "[-";
    log += tracks.audio ? "A]" : "-]";
    begun_with = tracks;
    begun_at = first;
  }
  void packet(media::Packet packet, const Arrival&) override {
    log += packet.track == media::TrackKind::audio ? 'a' : packet.key ? 'K' : 'v';
  }

  std::string log;
  Tracks begun_with;
  Arrival begun_at{};
};

struct Gate {
  void video(bool key) { gate.packet(video_packet(dts += kFrame, key), arrival()); }
  void audio() { gate.packet(audio_packet(dts), arrival()); }
  Arrival arrival() { return {TimePoint{now += 10ms}, WallTime{now}}; }

  Recorder out;
  TrackGate gate{out};
  media::MediaTime dts = 0;
  std::chrono::milliseconds now{};
};

TEST(TrackGate, BeginsWithTheFirstKeyFrameOnceBothTracksAreKnown) {
  Gate test;
  test.gate.config(video_config());
  test.gate.config(audio_config());
  test.video(false);
  test.audio();
  test.video(true);
  test.audio();
  test.video(false);
  EXPECT_EQ(test.out.log, "[VA]Kav");
  EXPECT_EQ(test.gate.left_out(), 2u);
}

TEST(TrackGate, HoldsThePictureUntilTheSoundIsKnownAndDatesItByItsOwnArrival) {
  Gate test;
  test.gate.config(video_config());
  test.video(true);
  const auto first = test.now;
  test.video(false);
  EXPECT_EQ(test.out.log, "");
  test.gate.config(audio_config());
  test.audio();
  EXPECT_EQ(test.out.log, "[VA]Kva");
  EXPECT_EQ(test.out.begun_at.now, TimePoint{first});
}

TEST(TrackGate, BeginsWithoutSoundWhenNoneIsKnownAfterHalfASecond) {
  Gate test;
  test.gate.config(video_config());
  test.video(true);
  for (int i = 0; i < 14; ++i) test.video(false);
  EXPECT_EQ(test.out.log, "");
  test.video(false);
  EXPECT_EQ(test.out.log, "[V-]Kvvvvvvvvvvvvvvv");
}

TEST(TrackGate, BeginsWithoutSoundAtOnceWhenNoneIsAnnounced) {
  Gate test;
  test.gate.info({.encoder = "", .expects_video = true, .expects_audio = false, .frame_rate = {}});
  test.gate.config(video_config());
  test.video(true);
  EXPECT_EQ(test.out.log, "[V-]K");
}

TEST(TrackGate, DoesNotHoldMoreThanItsLimitWhateverTheTimestamps) {
  Gate test;
  test.gate.config(video_config());
  for (int i = 0; i < 5; ++i) test.gate.packet(video_packet(0, i == 0, 1 << 20), test.arrival());
  EXPECT_EQ(test.out.log, "[V-]Kvvvv");
}

TEST(TrackGate, PassesSoundAloneWhenNoPictureIsAnnouncedOrComes) {
  Gate announced;
  announced.gate.info({.encoder = "", .expects_video = false, .expects_audio = true, .frame_rate = {}});
  announced.gate.config(audio_config());
  announced.audio();
  EXPECT_EQ(announced.out.log, "[-A]a");

  Gate silent;
  silent.gate.config(audio_config());
  for (silent.dts = 0; silent.dts < TrackGate::kWaitForVideo; silent.dts += 1920) silent.audio();
  EXPECT_EQ(silent.out.log, "");
  silent.audio();
  EXPECT_EQ(silent.out.log, "[-A]a");
}

TEST(TrackGate, TakesThePictureInWhenItComesLate) {
  Gate test;
  test.gate.info({.encoder = "", .expects_video = false, .expects_audio = true, .frame_rate = {}});
  test.gate.config(audio_config());
  test.audio();
  test.gate.config(video_config());
  test.audio();
  test.video(false);
  test.video(true);
  test.audio();
  EXPECT_EQ(test.out.log, "[-A]aa[VA]Ka");
}

TEST(TrackGate, TakesTheSoundInWhenItComesLate) {
  Gate test;
  test.gate.info({.encoder = "", .expects_video = true, .expects_audio = false, .frame_rate = {}});
  test.gate.config(video_config());
  test.video(true);
  test.gate.config(audio_config());
  test.audio();
  test.video(false);
  test.video(true);
  test.audio();
  EXPECT_EQ(test.out.log, "[V-]Kv[VA]Ka");
}

TEST(TrackGate, BeginsAgainAtTheNextKeyFrameWhenTheCodecParametersChange) {
  Gate test;
  test.gate.config(video_config("one"));
  test.gate.config(audio_config());
  test.video(true);
  test.gate.config(video_config("two"));
  test.video(false);
  test.audio();
  test.video(true);
  EXPECT_EQ(test.out.log, "[VA]Ka[VA]K");
  EXPECT_EQ(*test.out.begun_with.video->extradata, *test::media_bytes("two"));
}

TEST(TrackGate, GoesOnWhenTheSameParametersAreSentAgain) {
  Gate test;
  test.gate.config(video_config());
  test.gate.config(audio_config());
  test.video(true);
  test.gate.config(video_config());
  test.gate.config(audio_config());
  test.video(false);
  EXPECT_EQ(test.out.log, "[VA]Kv");
}

TEST(TrackGate, KnowsNothingOfThePublicationBefore) {
  Gate test;
  test.gate.config(video_config());
  test.gate.config(audio_config());
  test.video(true);
  test.gate.restart();
  test.video(true);
  EXPECT_FALSE(test.gate.begun());
  test.gate.config(video_config());
  test.gate.config(audio_config());
  test.video(true);
  EXPECT_EQ(test.out.log, "[VA]K[VA]K");
}

TEST(TrackGate, SaysWhatItWaitsFor) {
  Gate test;
  EXPECT_EQ(test.gate.waiting_for(), "neither H.264 nor AAC was announced");
  test.gate.config(audio_config());
  EXPECT_EQ(test.gate.waiting_for(), "no picture has come");
  test.gate.config(video_config());
  test.video(false);
  EXPECT_EQ(test.gate.waiting_for(), "no key frame has come");
}

}  // namespace
}  // namespace levee::stream
