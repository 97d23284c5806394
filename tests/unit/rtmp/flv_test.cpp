#include "levee/rtmp/flv.hpp"

#include <gtest/gtest.h>

#include "levee/rtmp/error.hpp"

#include "unit/rtmp/peer.hpp"

namespace levee::rtmp {
namespace {

using testing::aac_frame;
using testing::aac_header;
using testing::avc_frame;
using testing::avc_header;
using testing::bytes;

template <class T>
T take(Result<std::optional<MediaEvent>> event) {
  EXPECT_TRUE(event.has_value()) << event.error().message();
  EXPECT_TRUE(event.has_value() && event->has_value());
  return event && *event ? std::get<T>(std::move(**event)) : T{};
}

bool nothing(const Result<std::optional<MediaEvent>>& event) {
  return event.has_value() && !event->has_value();
}

TEST(TagReader, TellsTheVideoTrackFromItsSequenceHeader) {
  TagReader reader;
  const auto config = take<media::TrackConfig>(reader.video(0, avc_header()));
  EXPECT_EQ(config.codec, media::Codec::h264);
  EXPECT_EQ(config.codec_string, "avc1.42c01e");
  EXPECT_EQ(config.width, 640u);
  EXPECT_EQ(config.height, 360u);
  EXPECT_EQ(config.extradata->size(), avc_header().size() - 5);
}

TEST(TagReader, TellsTheAudioTrackFromObssFiveByteConfiguration) {
  TagReader reader;
  const auto config = take<media::TrackConfig>(reader.audio(0, aac_header()));
  EXPECT_EQ(config.codec, media::Codec::aac);
  EXPECT_EQ(config.codec_string, "mp4a.40.2");
  EXPECT_EQ(config.sample_rate, 48000u);
  EXPECT_EQ(config.channels, 2u);
}

TEST(TagReader, IgnoresARepeatedSequenceHeaderAndTellsAChangedOne) {
  TagReader reader;
  take<media::TrackConfig>(reader.video(0, avc_header()));
  EXPECT_TRUE(nothing(reader.video(40, avc_header())));
  auto changed = avc_header();
  changed[8] = std::byte{0x1f};  // another level
  EXPECT_EQ(take<media::TrackConfig>(reader.video(80, changed)).codec_string, "avc1.42c01f");

  take<media::TrackConfig>(reader.audio(0, aac_header()));
  EXPECT_TRUE(nothing(reader.audio(20, aac_header())));
  EXPECT_EQ(take<media::TrackConfig>(reader.audio(40, bytes(0xaf, 0, 0x12, 0x10))).sample_rate, 44100u);
}

TEST(TagReader, GivesFramesWithTheirTimesInMediaTicks) {
  TagReader reader;
  take<media::TrackConfig>(reader.video(0, avc_header()));
  const auto packet = take<media::Packet>(reader.video(1000, avc_frame(true, 67)));
  EXPECT_EQ(packet.track, media::TrackKind::video);
  EXPECT_TRUE(packet.key);
  EXPECT_EQ(packet.dts, 90'000);
  EXPECT_EQ(packet.pts, 96'030);
  EXPECT_EQ(*packet.data, bytes(0, 0, 0, 3, 0x65, 0x88, 0x80));

  take<media::TrackConfig>(reader.audio(0, aac_header()));
  const auto sound = take<media::Packet>(reader.audio(0xffffffff, aac_frame()));
  EXPECT_EQ(sound.track, media::TrackKind::audio);
  EXPECT_TRUE(sound.key);
  EXPECT_EQ(sound.dts, 0xffffffffLL * 90);
  EXPECT_EQ(sound.pts, sound.dts);
  EXPECT_EQ(*sound.data, bytes(0x21, 0x1a, 0x4f));
}

TEST(TagReader, ReadsNegativeCompositionTimes) {
  TagReader reader;
  take<media::TrackConfig>(reader.video(0, avc_header()));
  const auto packet = take<media::Packet>(reader.video(1000, avc_frame(false, -33)));
  EXPECT_EQ(packet.pts - packet.dts, -33 * 90);
}

TEST(TagReader, TrustsTheNalUnitsOnWhatIsAKeyFrame) {
  TagReader reader;
  take<media::TrackConfig>(reader.video(0, avc_header()));
  auto not_idr = avc_frame(false);
  not_idr[0] = std::byte{0x17};  // an open GOP's picture: marked key, but no IDR
  EXPECT_FALSE(take<media::Packet>(reader.video(0, not_idr)).key);
}

TEST(TagReader, GivesShortNalLengthsAsFourBytes) {
  for (const int length_size : {1, 2, 3}) {
    TagReader reader;
    auto header = avc_header();
    header[9] = static_cast<std::byte>(0xfc | (length_size - 1));
    const auto config = take<media::TrackConfig>(reader.video(0, header));
    EXPECT_EQ((*config.extradata)[4], std::byte{0xff}) << length_size;
    EXPECT_TRUE(nothing(reader.video(0, header)));

    auto frame = bytes(0x17, 1, 0, 0, 0);
    for (const auto& nal : {bytes(0x06, 0x05), bytes(0x65, 0x88, 0x80)}) {
      for (int i = 1; i < length_size; ++i) frame.push_back(std::byte{0});
      frame.push_back(static_cast<std::byte>(nal.size()));
      frame.insert(frame.end(), nal.begin(), nal.end());
    }
    const auto packet = take<media::Packet>(reader.video(0, frame));
    EXPECT_TRUE(packet.key);
    EXPECT_EQ(*packet.data, bytes(0, 0, 0, 2, 0x06, 0x05, 0, 0, 0, 3, 0x65, 0x88, 0x80));
  }
}

TEST(TagReader, DropsAndCountsFramesBeforeTheirSequenceHeader) {
  TagReader reader;
  EXPECT_TRUE(nothing(reader.video(0, avc_frame(true))));
  EXPECT_TRUE(nothing(reader.audio(0, aac_frame())));
  EXPECT_EQ(reader.frames_without_config(), 2u);
}

TEST(TagReader, IgnoresMessagesThatCarryNoMedia) {
  TagReader reader;
  take<media::TrackConfig>(reader.video(0, avc_header()));
  take<media::TrackConfig>(reader.audio(0, aac_header()));
  EXPECT_TRUE(nothing(reader.video(0, {})));
  EXPECT_TRUE(nothing(reader.audio(0, {})));
  EXPECT_TRUE(nothing(reader.video(0, bytes(0x17, 2, 0, 0, 0))));  // end of sequence
  EXPECT_TRUE(nothing(reader.video(0, bytes(0x17, 2))));
  EXPECT_TRUE(nothing(reader.video(0, bytes(0x57, 0))));           // a command frame
  EXPECT_TRUE(nothing(reader.video(0, bytes(0x27, 1, 0, 0, 0))));  // no NAL units
  EXPECT_TRUE(nothing(reader.video(0, bytes(0x27, 1, 0, 0, 0, 0, 0, 0, 0))));
  EXPECT_TRUE(nothing(reader.audio(0, bytes(0xaf, 1))));
}

TEST(TagReader, RefusesOtherCodecsAndNamesThem) {
  const auto refused_video = [](const Bytes& body) {
    EXPECT_EQ(TagReader{}.video(0, body).error(), Errc::unsupported_video_codec);
    return video_codec_name(body);
  };
  EXPECT_EQ(refused_video(bytes(0x90, 'h', 'v', 'c', '1')), "HEVC (hvc1)");
  EXPECT_EQ(refused_video(bytes(0x90, 'a', 'v', '0', '1')), "AV1 (av01)");
  EXPECT_EQ(refused_video(bytes(0x90, 'v', 'p', '0', '8')), "Enhanced RTMP vp08");
  EXPECT_EQ(refused_video(bytes(0x96)), "Enhanced RTMP packet type 6");
  EXPECT_EQ(refused_video(bytes(0x12, 0)), "Sorenson H.263");
  EXPECT_EQ(refused_video(bytes(0x1c, 0)), "HEVC (codec id 12)");
  EXPECT_EQ(refused_video(bytes(0x1f, 0)), "codec id 15");

  const auto refused_audio = [](const Bytes& body) {
    EXPECT_EQ(TagReader{}.audio(0, body).error(), Errc::unsupported_audio_codec);
    return audio_codec_name(body);
  };
  EXPECT_EQ(refused_audio(bytes(0x2f, 0)), "MP3");
  EXPECT_EQ(refused_audio(bytes(0x90, 'O', 'p', 'u', 's')), "Enhanced RTMP Opus");
}

TEST(TagReader, RefusesMessagesThatDoNotFitTheirSize) {
  TagReader reader;
  EXPECT_EQ(reader.video(0, bytes(0x17)).error(), Errc::bad_video_message);
  EXPECT_EQ(reader.video(0, bytes(0x17, 1, 0)).error(), Errc::bad_video_message);
  EXPECT_EQ(reader.video(0, bytes(0x17, 3, 0, 0, 0)).error(), Errc::bad_video_message);
  EXPECT_EQ(reader.audio(0, bytes(0xaf)).error(), Errc::bad_audio_message);
  EXPECT_EQ(reader.audio(0, bytes(0xaf, 2)).error(), Errc::bad_audio_message);
  EXPECT_FALSE(reader.video(0, bytes(0x17, 0, 0, 0, 0, 1, 2)).has_value());

  take<media::TrackConfig>(reader.video(0, avc_header()));
  auto frame = avc_frame(true);
  frame.pop_back();
  EXPECT_EQ(reader.video(0, frame).error(), Errc::bad_video_message);
}

}  // namespace
}  // namespace levee::rtmp
