// What real clients put on the wire, replayed. The expected numbers were counted by an independent reader.

#include <algorithm>
#include <ostream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "levee/rtmp/error.hpp"
#include "levee/rtmp/publish_session.hpp"

#include "unit/rtmp/peer.hpp"

namespace levee::rtmp {
namespace {

using testing::capture;
using testing::Outcome;
using testing::said;

struct Track {
  std::size_t packets = 0;
  std::size_t key_packets = 0;
  std::int64_t first_ms = 0;
  std::int64_t last_ms = 0;
  std::size_t bytes = 0;
  bool operator==(const Track&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Track& track) {
  return out << track.packets << " packets, " << track.key_packets << " key, " << track.first_ms << ".."
             << track.last_ms << " ms, " << track.bytes << " bytes";
}

Track track(const Outcome& outcome, media::TrackKind kind) {
  Track seen;
  for (const auto& packet : outcome.all<media::Packet>()) {
    if (packet.track != kind) continue;
    if (seen.packets++ == 0) seen.first_ms = packet.dts / 90;
    seen.key_packets += packet.key ? 1 : 0;
    seen.last_ms = packet.dts / 90;
    seen.bytes += packet.data->size();
  }
  return seen;
}

struct Recording {
  const char* file;
  const char* key;
  const char* encoder;
  std::string video_codec;
  std::uint32_t width, height;
  std::uint32_t sample_rate, channels;
  Track video, audio;
  bool finished;
};

void PrintTo(const Recording& recording, std::ostream* out) { *out << recording.file; }

class Recorded : public ::testing::TestWithParam<Recording> {};

TEST_P(Recorded, GivesWhatItsClientPublished) {
  const auto& expected = GetParam();
  for (const std::size_t piece : {1u, 1448u, 1u << 20}) {
    SCOPED_TRACE(piece);
    const auto outcome = testing::run(capture(expected.file), piece);
    ASSERT_FALSE(outcome.error) << outcome.error.message();

    const auto requests = outcome.all<PublishRequested>();
    ASSERT_EQ(requests.size(), 1u);
    EXPECT_EQ(requests[0].key, expected.key);
    EXPECT_EQ(requests[0].app, "live");
    EXPECT_THAT(requests[0].tc_url, ::testing::StartsWith("rtmp://127.0.0.1:"));

    const auto infos = outcome.all<media::SourceInfo>();
    ASSERT_EQ(infos.size(), 1u);
    EXPECT_EQ(infos[0].encoder, expected.encoder);
    EXPECT_EQ(infos[0].frame_rate, (media::FrameRate{30, 1}));
    EXPECT_TRUE(infos[0].expects_video && infos[0].expects_audio);

    const auto configs = outcome.all<media::TrackConfig>();
    ASSERT_EQ(configs.size(), 2u);
    const auto video_first = configs[0].kind() == media::TrackKind::video;
    const auto& video = configs[video_first ? 0 : 1];
    const auto& audio = configs[video_first ? 1 : 0];
    EXPECT_EQ(video.codec_string, expected.video_codec);
    EXPECT_EQ(video.width, expected.width);
    EXPECT_EQ(video.height, expected.height);
    EXPECT_EQ(audio.codec_string, "mp4a.40.2");
    EXPECT_EQ(audio.sample_rate, expected.sample_rate);
    EXPECT_EQ(audio.channels, expected.channels);

    EXPECT_EQ(track(outcome, media::TrackKind::video), expected.video);
    EXPECT_EQ(track(outcome, media::TrackKind::audio), expected.audio);
    EXPECT_EQ(outcome.all<Finished>().size(), expected.finished ? 1u : 0u);
  }
}

INSTANTIATE_TEST_SUITE_P(Clients, Recorded,
                         ::testing::Values(Recording{"obs-rtmp-session.bin",
                                                     "obs?token=s3cret",
                                                     "obs-output module (libobs version 29.0.2.1-1+b1)",
                                                     "avc1.42c01e",
                                                     640,
                                                     360,
                                                     48000,
                                                     2,
                                                     {42, 1, 0, 1366, 175760},
                                                     {66, 66, 0, 1386, 19837},
                                                     false},
                                           Recording{"ffmpeg.c2s.bin",
                                                     "ff?token=abc",
                                                     "Lavf59.27.100",
                                                     "avc1.64001e",
                                                     640,
                                                     360,
                                                     48000,
                                                     1,
                                                     {57, 1, 0, 1867, 182301},
                                                     {87, 87, 46, 1880, 16186},
                                                     false},
                                           Recording{"gst-rtmp2sink.c2s.bin",
                                                     "gst2",
                                                     "GStreamer 1.22.0 FLV muxer",
                                                     "avc1.f4000d",
                                                     320,
                                                     180,
                                                     48000,
                                                     2,
                                                     {90, 3, 0, 2967, 121897},
                                                     {131, 131, 100, 2769, 44592},
                                                     true}),
                         [](const auto& recording) {
                           const std::string file = recording.param.file;
                           return file.substr(0, file.find_first_of("-."));
                         });

TEST(Captures, FfmpegsBFramesKeepTheirCompositionTimes) {
  const auto packets = testing::run(capture("ffmpeg.c2s.bin")).all<media::Packet>();
  ASSERT_GE(packets.size(), 2u);
  EXPECT_EQ(packets[0].dts, 0);
  EXPECT_EQ(packets[0].pts, 67 * 90);
  EXPECT_EQ(packets[1].pts - packets[1].dts, 133 * 90);
  EXPECT_TRUE(std::ranges::all_of(packets, [](const auto& p) { return p.pts >= p.dts; }));
}

TEST(Captures, ObssGoodbyeEndsTheStream) {
  constexpr std::size_t kGoodbyeBegins = 207;  // the file's first bytes end a video chunk
  PublishSession session{{}, testing::kRandom};
  testing::run(session, testing::concat({testing::handshake(), testing::connect(), testing::create_stream(),
                                         testing::publish()}));
  const auto tail = capture("obs-tail-FCUnpublish-deleteStream.bin");
  const auto outcome = testing::run(session, BytesView{tail}.subspan(kGoodbyeBegins));
  EXPECT_FALSE(outcome.error);
  EXPECT_EQ(outcome.all<Finished>().size(), 1u);
}

TEST(Captures, ARefusedApplicationIsToldToFfmpeg) {
  const auto outcome = testing::run(capture("ffmpeg-rejected-app.c2s.bin"));
  EXPECT_EQ(outcome.error, Errc::unknown_app);
  const auto answers = testing::commands(BytesView{outcome.output}.subspan(1 + 2 * Handshake::kPacketSize));
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0][0], amf0::Value{"_error"});
  EXPECT_EQ(said(answers[0], "code"), "NetConnection.Connect.Rejected");
}

TEST(Captures, APlayerIsRefused) {
  const auto outcome = testing::run(capture("rtmpdump-play.c2s.bin"));
  EXPECT_EQ(outcome.error, Errc::play_refused);
  const auto answers = testing::commands(BytesView{outcome.output}.subspan(1 + 2 * Handshake::kPacketSize));
  ASSERT_FALSE(answers.empty());
  EXPECT_EQ(said(answers.back(), "code"), "NetStream.Play.StreamNotFound");
}

TEST(Captures, HevcIsRefusedByName) {
  PublishSession session{{}, testing::kRandom};
  const auto outcome = testing::run(session, capture("librtmp-ertmp-hevc.c2s.bin"));
  EXPECT_EQ(outcome.error, Errc::unsupported_video_codec);
  EXPECT_EQ(session.detail(), "video codec HEVC (hvc1) is not supported; expected H.264");
}

}  // namespace
}  // namespace levee::rtmp
