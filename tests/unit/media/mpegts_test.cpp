#include "levee/media/mpegts.hpp"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "levee/media/h264.hpp"

#include "unit/media/bytes_of.hpp"
#include "unit/media/ts_writer.hpp"

namespace levee::media {
namespace {

const Bytes kSps = from_hex("6742c028da01e0089f970110000003001000000303c0f1832a");
const Bytes kPps = from_hex("68ce0fc8");
constexpr std::uint8_t kH264 = 0x1b;
constexpr std::uint8_t kAac = 0x0f;

struct Demuxed {
  std::vector<SourceInfo> infos;
  std::vector<UnsupportedStream> unsupported;
  std::vector<TrackConfig> configs;
  std::vector<Packet> video;
  std::vector<Packet> audio;
  ErrorCode error;
};

void drain(TsDemuxer& demuxer, Demuxed& out) {
  for (;;) {
    auto event = demuxer.next();
    if (!event) out.error = event.error();
    if (!event || !*event) return;
    if (auto* info = std::get_if<SourceInfo>(&**event)) out.infos.push_back(*info);
    if (auto* stream = std::get_if<UnsupportedStream>(&**event)) out.unsupported.push_back(*stream);
    if (auto* config = std::get_if<TrackConfig>(&**event)) out.configs.push_back(*config);
    if (auto* packet = std::get_if<Packet>(&**event))
      (packet->track == TrackKind::video ? out.video : out.audio).push_back(*packet);
  }
}

Demuxed demux(BytesView bytes) {
  TsDemuxer demuxer;
  Demuxed out;
  demuxer.feed(bytes);
  drain(demuxer, out);
  demuxer.finish();
  drain(demuxer, out);
  return out;
}

Bytes join(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

Bytes annex_b(std::initializer_list<Bytes> nals) {
  Bytes all;
  for (const auto& nal : nals) all = join({all, from_hex("000001"), nal});
  return all;
}

Bytes slice(std::uint8_t type, std::size_t size, std::uint8_t fill) {
  Bytes nal(size, std::byte{fill});
  nal.front() = std::byte{type};
  return nal;
}

Bytes key_picture(std::size_t size = 500) {
  return annex_b({from_hex("09f0"), kSps, kPps, slice(0x65, size, 0xaa)});
}

Bytes picture(std::size_t size = 300) { return annex_b({from_hex("09f0"), slice(0x41, size, 0xbb)}); }

/// One AAC-LC frame at 48 kHz in stereo, header included.
Bytes adts(std::size_t payload, std::uint8_t fill = 0x21) {
  const auto size = payload + 7;
  Bytes frame(size, std::byte{fill});
  const auto header =
      bytes_of({0xff, 0xf1, 0x4c, 0x80 | static_cast<int>(size >> 11), static_cast<int>(size >> 3 & 0xff),
                static_cast<int>((size & 7) << 5 | 0x1f), 0xfc});
  std::copy(header.begin(), header.end(), frame.begin());
  return frame;
}

TsWriter started() {
  TsWriter writer;
  writer.association();
  writer.program({{kH264, TsWriter::kVideoPid}, {kAac, TsWriter::kAudioPid}});
  return writer;
}

TEST(TsDemuxer, GivesInfoThenConfigsThenPackets) {
  auto writer = started();
  writer.unit(TsWriter::kVideoPid, 9000, key_picture(), false, 6000);
  writer.unit(TsWriter::kAudioPid, 7000, join({adts(100), adts(50)}), true);
  writer.unit(TsWriter::kVideoPid, 9600, picture(), false, 9600);
  const auto out = demux(writer.bytes);
  ASSERT_EQ(out.infos.size(), 1u);
  EXPECT_TRUE(out.infos[0].expects_video);
  EXPECT_TRUE(out.infos[0].expects_audio);
  ASSERT_EQ(out.configs.size(), 2u);
  EXPECT_EQ(out.configs[0].codec_string, "mp4a.40.2") << "audio tells its length, so it is whole first";
  EXPECT_EQ(out.configs[1].codec_string, "avc1.42c028");
  EXPECT_EQ(out.configs[1].height, 1080u);
  ASSERT_EQ(out.video.size(), 2u);
  EXPECT_TRUE(out.video[0].key);
  EXPECT_EQ(out.video[0].dts, 6000);
  EXPECT_EQ(out.video[0].pts, 9000);
  EXPECT_EQ(out.video[0].data->size(), 504u) << "the picture alone, with its length";
  EXPECT_FALSE(out.video[1].key);
  ASSERT_EQ(out.audio.size(), 2u);
  EXPECT_EQ(out.audio[0].dts, 7000);
  EXPECT_EQ(out.audio[1].dts, 7000 + 1920);
  EXPECT_EQ(out.audio[1].data->size(), 50u);
  EXPECT_FALSE(out.error);
}

TEST(TsDemuxer, FindsItsPacketsAgainAfterALossThatIsNoWholeNumberOfThem) {
  auto writer = started();
  for (int i = 0; i < 20; ++i) writer.unit(TsWriter::kVideoPid, i * 3000, key_picture(1000), false);
  auto bytes = writer.bytes;
  bytes.erase(bytes.begin() + 3000, bytes.begin() + 4456);
  bytes.insert(bytes.begin(), 100, std::byte{0x12});
  TsDemuxer demuxer;
  Demuxed out;
  demuxer.feed(bytes);
  drain(demuxer, out);
  demuxer.finish();
  drain(demuxer, out);
  EXPECT_GE(out.video.size(), 17u);
  EXPECT_LT(out.video.size(), 20u);
  for (const auto& packet : out.video)
    EXPECT_EQ(packet.data->size(), 1004u) << "no damaged picture gets through";
  EXPECT_EQ(demuxer.counts().resyncs, 2u);
  EXPECT_GE(demuxer.counts().damaged_units, 1u);
}

TEST(TsDemuxer, DropsAUnitThatMissesAPacketWhicheverItIs) {
  auto writer = started();
  const auto tables = writer.bytes.size() / 188;
  for (int i = 0; i < 3; ++i) writer.unit(TsWriter::kVideoPid, i * 3000, key_picture(700), false);
  const auto packets = writer.bytes.size() / 188;
  for (std::size_t missing = tables; missing + 1 < packets; ++missing) {
    SCOPED_TRACE(missing);
    auto bytes = writer.bytes;
    const auto at = bytes.begin() + static_cast<std::ptrdiff_t>(missing * 188);
    bytes.erase(at, at + 188);
    const auto out = demux(bytes);
    for (const auto& packet : out.video) EXPECT_EQ(packet.data->size(), 704u);
    EXPECT_GE(out.video.size(), missing == tables ? 2u : 1u);
    EXPECT_LT(out.video.size(), 3u);
  }
}

TEST(TsDemuxer, TakesAPacketThatIsSentTwiceOnce) {
  auto writer = started();
  writer.unit(TsWriter::kVideoPid, 0, key_picture(700), false);
  Bytes doubled;
  for (std::size_t at = 0; at < writer.bytes.size(); at += 188) {
    const auto packet = BytesView{writer.bytes}.subspan(at, 188);
    for (int i = 0; i < 2; ++i) doubled.insert(doubled.end(), packet.begin(), packet.end());
  }
  const auto out = demux(doubled);
  ASSERT_EQ(out.video.size(), 1u);
  EXPECT_EQ(out.video[0].data->size(), 704u);
}

TEST(TsDemuxer, IgnoresTablesWithABadSum) {
  auto writer = started();
  writer.bytes[20] ^= std::byte{1};
  writer.unit(TsWriter::kVideoPid, 0, key_picture(), false);
  EXPECT_TRUE(demux(writer.bytes).infos.empty());
  writer.association();
  writer.program({{kH264, TsWriter::kVideoPid}});
  writer.unit(TsWriter::kVideoPid, 0, key_picture(), false);
  const auto out = demux(writer.bytes);
  ASSERT_EQ(out.infos.size(), 1u);
  EXPECT_FALSE(out.infos[0].expects_audio);
  EXPECT_EQ(out.video.size(), 1u);
}

TEST(TsDemuxer, FollowsAProgramThatMoves) {
  auto writer = started();
  writer.unit(TsWriter::kVideoPid, 0, key_picture(), false);
  writer.association(0x20);
  writer.program({{kH264, 0x200}}, 1, 0x20);
  writer.unit(TsWriter::kVideoPid, 1000, key_picture(), false);
  writer.unit(0x200, 3000, key_picture(), false);
  const auto out = demux(writer.bytes);
  ASSERT_EQ(out.infos.size(), 2u);
  EXPECT_FALSE(out.infos[1].expects_audio);
  ASSERT_FALSE(out.video.empty());
  EXPECT_EQ(out.video.back().dts, 3000);
}

TEST(TsDemuxer, NamesWhatItLeavesOut) {
  TsWriter writer;
  writer.association();
  writer.program({{0x24, 0x100}, {kAac, 0x101}, {0x86, 0x102}});
  const auto some = demux(writer.bytes);
  ASSERT_EQ(some.unsupported.size(), 1u) << "nobody misses cue tones";
  EXPECT_EQ(some.unsupported[0].name, "HEVC video");
  EXPECT_FALSE(some.error);

  TsWriter none;
  none.association();
  none.program({{0x24, 0x100}, {0x81, 0x101}});
  const auto out = demux(none.bytes);
  EXPECT_EQ(out.unsupported.size(), 2u);
  EXPECT_EQ(out.error, Errc::no_supported_stream);
}

TEST(TsDemuxer, RefusesWhatIsNoTransportStream) {
  const Bytes zeros(100'000, std::byte{0});
  EXPECT_EQ(demux(zeros).error, Errc::not_a_transport_stream);
  const Bytes syncs(100'000, std::byte{0x47});
  EXPECT_TRUE(demux(syncs).video.empty()) << "only the sync byte is right";
}

TEST(TsDemuxer, GivesATimeToEveryPictureOfAUnit) {
  auto writer = started();
  writer.unit(TsWriter::kVideoPid, 0, key_picture(), false);
  writer.unit(TsWriter::kVideoPid, 3600, join({picture(), picture()}), false);
  writer.unit(TsWriter::kVideoPid, {}, picture(), false);
  const auto out = demux(writer.bytes);
  ASSERT_EQ(out.video.size(), 4u);
  EXPECT_EQ(out.video[1].dts, 3600);
  EXPECT_EQ(out.video[2].dts, 7200);
  EXPECT_EQ(out.video[3].dts, 10800);
}

TEST(TsDemuxer, TellsAConfigOnlyWhenItChanges) {
  auto writer = started();
  auto other_pps = kPps;
  other_pps.back() = std::byte{0xc4};
  for (int i = 0; i < 3; ++i) writer.unit(TsWriter::kVideoPid, i * 3000, key_picture(), false);
  writer.unit(TsWriter::kVideoPid, 9000, annex_b({kSps, other_pps, slice(0x65, 100, 1)}), false);
  const auto out = demux(writer.bytes);
  EXPECT_EQ(out.configs.size(), 2u);
  EXPECT_EQ(out.video.size(), 4u);
}

TEST(TsDemuxer, HoldsPicturesBackUntilTheyCanBeDecoded) {
  auto writer = started();
  writer.unit(TsWriter::kVideoPid, 0, picture(), false);
  writer.unit(TsWriter::kVideoPid, 3000, key_picture(), false);
  const auto out = demux(writer.bytes);
  ASSERT_EQ(out.video.size(), 1u);
  EXPECT_EQ(out.video[0].dts, 3000);
}

TEST(TsDemuxer, JoinsAnAacFrameThatTwoUnitsShare) {
  const auto frames = join({adts(200, 1), adts(200, 2), adts(200, 3)});
  for (std::size_t cut = 1; cut < frames.size(); ++cut) {
    SCOPED_TRACE(cut);
    const auto at = frames.begin() + static_cast<std::ptrdiff_t>(cut);
    auto writer = started();
    const MediaTime second = cut <= 207   ? 1920
                             : cut <= 414 ? 3840
                                          : 5760;  // of what begins in the second unit
    writer.unit(TsWriter::kAudioPid, 0, Bytes{frames.begin(), at}, true);
    writer.unit(TsWriter::kAudioPid, second, Bytes{at, frames.end()}, true);
    const auto out = demux(writer.bytes);
    ASSERT_EQ(out.audio.size(), 3u);
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(out.audio[i].dts, static_cast<MediaTime>(i) * 1920);
      EXPECT_EQ(out.audio[i].data->size(), 200u);
      EXPECT_EQ(out.audio[i].data->back(), static_cast<std::byte>(i + 1));
    }
  }
}

TEST(TsDemuxer, PassesOverBytesThatAreNoAacFrame) {
  auto writer = started();
  writer.unit(TsWriter::kAudioPid, 0, join({from_hex("0102ff00"), adts(40), from_hex("ffff"), adts(40)}),
              true);
  const auto out = demux(writer.bytes);
  EXPECT_EQ(out.audio.size(), 2u);
}

TEST(TsDemuxer, GivesTheSameEventsWhereverTheBytesAreCut) {
  auto writer = started();
  writer.unit(TsWriter::kVideoPid, 9000, key_picture(), false, 6000);
  writer.unit(TsWriter::kAudioPid, 7000, join({adts(100), adts(50)}), true);
  writer.unit(TsWriter::kVideoPid, 9600, picture(), false, 9600);
  const auto same = [](const Packet& a, const Packet& b) {
    return a.dts == b.dts && a.pts == b.pts && a.key == b.key && *a.data == *b.data;
  };
  const auto whole = demux(writer.bytes);
  for (std::size_t cut = 0; cut <= writer.bytes.size(); ++cut) {
    SCOPED_TRACE(cut);
    TsDemuxer demuxer;
    Demuxed out;
    demuxer.feed(BytesView{writer.bytes}.first(cut));
    drain(demuxer, out);
    demuxer.feed(BytesView{writer.bytes}.subspan(cut));
    drain(demuxer, out);
    demuxer.finish();
    drain(demuxer, out);
    EXPECT_EQ(out.configs.size(), whole.configs.size());
    EXPECT_TRUE(std::equal(out.video.begin(), out.video.end(), whole.video.begin(), whole.video.end(), same));
    EXPECT_TRUE(std::equal(out.audio.begin(), out.audio.end(), whole.audio.begin(), whole.audio.end(), same));
  }
}

TEST(TsDemuxer, SurvivesBrokenBytes) {
  auto writer = started();
  for (int i = 0; i < 10; ++i) {
    writer.unit(TsWriter::kVideoPid, i * 3000, key_picture(), false);
    writer.unit(TsWriter::kAudioPid, i * 3000, join({adts(100), adts(50)}), true);
  }
  std::mt19937 random{3};
  for (int round = 0; round < 300; ++round) {
    auto bytes = writer.bytes;
    for (int i = 0; i < 20; ++i) bytes[random() % bytes.size()] = static_cast<std::byte>(random());
    for (const auto& packet : demux(bytes).video) {
      LengthPrefixedNals nals{*packet.data};
      while (nals.next()) {
      }
      ASSERT_TRUE(nals.ok());
    }
  }
}

}  // namespace
}  // namespace levee::media
