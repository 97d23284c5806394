#include "levee/media/h264.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "unit/media/bytes_of.hpp"

namespace levee::media {
namespace {

// Decoder configurations as libx264 and FFmpeg write them.
const Bytes kBaseline1080p30 =
    from_hex("0142c028ffe100196742c028da01e0089f970110000003001000000303c0f1832a01000468ce0fc8");
const Bytes kHigh480p29_97 =
    from_hex("0164001fffe100196764001facd940d83de6f01100000303e90000ea600f18319601000668ebe3cb22c0fdf8f800");
const Bytes kHigh444 = from_hex(
    "01f4001effe1001b67f4001e919b281405ff1380880000030008000003019078b16cb001000668ebe3c44848fff8f800");
const Bytes kHigh10WithScalingMatrices = from_hex(
    "016e0016ffe1001b676e0016a6cd94150878888c0440000003004000001e03c58b658001000768ebe3cb3002c0fdfafa00");

const Bytes kInterlaced = from_hex(
    "0164001fffe1001a6764001facd940b426fde022000003000200000300643e2c5b2c01000668fba3cb22c0fdf8f800");

std::vector<BytesView> units(AnnexBNals nals) {
  std::vector<BytesView> all;
  while (const auto nal = nals.next()) all.push_back(*nal);
  return all;
}

Bytes copy(BytesView bytes) { return {bytes.begin(), bytes.end()}; }

TEST(AvcConfig, SaysWhatTheSequenceParameterSetSays) {
  const auto config = parse_avc_config(kBaseline1080p30);
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config->kind(), TrackKind::video);
  EXPECT_EQ(config->codec_string, "avc1.42c028");
  EXPECT_EQ(config->width, 1920u);
  EXPECT_EQ(config->height, 1080u) << "8 of the 1088 coded lines are cropped";
  EXPECT_EQ(config->frame_rate, (FrameRate{30, 1}));
  EXPECT_EQ(*config->extradata, kBaseline1080p30);
}

TEST(AvcConfig, TakesEmulationPreventionOutOfTheTiming) {
  const auto config = parse_avc_config(kHigh480p29_97);
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config->codec_string, "avc1.64001f");
  EXPECT_EQ(config->width, 854u);
  EXPECT_EQ(config->height, 480u);
  EXPECT_EQ(config->frame_rate, (FrameRate{30000, 1001}));
}

TEST(AvcConfig, CropsInTheUnitsOfTheChromaFormat) {
  const auto full_chroma = parse_avc_config(kHigh444);
  ASSERT_TRUE(full_chroma) << full_chroma.error().message();
  EXPECT_EQ(full_chroma->width, 640u);
  EXPECT_EQ(full_chroma->height, 360u);
  EXPECT_EQ(full_chroma->frame_rate, (FrameRate{25, 1}));

  const auto odd = parse_avc_config(kHigh10WithScalingMatrices);
  ASSERT_TRUE(odd) << odd.error().message();
  EXPECT_EQ(odd->width, 322u);
  EXPECT_EQ(odd->height, 242u);
  EXPECT_EQ(odd->frame_rate, (FrameRate{60, 1}));
}

TEST(AvcConfig, CountsTheLinesOfBothFields) {
  const auto config = parse_avc_config(kInterlaced);
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config->width, 720u);
  EXPECT_EQ(config->height, 600u);
  EXPECT_EQ(config->frame_rate, (FrameRate{25, 1}));
}

TEST(AvcConfig, IsRefusedWhereverItIsCut) {
  for (const auto* whole : {&kBaseline1080p30, &kHigh480p29_97, &kHigh444}) {
    // The chroma fields at the end may be missing: some encoders leave them out.
    const auto end = whole->size() - (whole == &kBaseline1080p30 ? 0 : 4);
    for (std::size_t size = 0; size < end; ++size) {
      SCOPED_TRACE(size);
      EXPECT_FALSE(parse_avc_config(BytesView{*whole}.first(size)));
    }
  }
}

TEST(AvcConfig, RefusesLengthsThatAreNotFourBytes) {
  auto config = kBaseline1080p30;
  config[4] = std::byte{0xfd};
  EXPECT_EQ(parse_avc_config(config).error(), Errc::unsupported_nal_length);
}

TEST(AvcConfig, IsBuiltAsFfmpegBuildsIt) {
  for (const auto* whole : {&kBaseline1080p30, &kHigh480p29_97, &kHigh444, &kHigh10WithScalingMatrices}) {
    ByteReader reader{BytesView{*whole}.subspan(6)};
    const auto sps = reader.bytes(reader.u16());
    reader.u8();
    const auto pps = reader.bytes(reader.u16());
    const auto built = make_avc_config({&sps, 1}, {&pps, 1});
    ASSERT_TRUE(built);
    EXPECT_EQ(*built, *whole);
  }
}

TEST(Sps, SurvivesEveryOneBitError) {
  const auto sps = BytesView{kHigh10WithScalingMatrices}.subspan(8, 0x1b);
  for (std::size_t bit = 0; bit < sps.size() * 8; ++bit) {
    auto broken = copy(sps);
    broken[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
    const auto parsed = parse_sps(broken);
    if (parsed) {
      EXPECT_LE(parsed->width, 16384u);
      EXPECT_GT(parsed->height, 0u);
    }
  }
}

TEST(Sps, IsRefusedWhenAnExpGolombNumberNeverEnds) {
  Bytes zeros(64, std::byte{0});
  zeros[0] = std::byte{0x67};
  EXPECT_EQ(parse_sps(zeros).error(), Errc::bad_sps);
  EXPECT_EQ(parse_sps({}).error(), Errc::bad_sps);
}

TEST(AnnexB, GivesUnitsWithoutStartCodesAndPadding) {
  const auto stream = from_hex("ff 00000001 09f0 000001 6742 00 00000001 68ce 000001 000001 6588 0000");
  const auto found = units(AnnexBNals{stream});
  ASSERT_EQ(found.size(), 4u);
  EXPECT_EQ(copy(found[0]), from_hex("09f0"));
  EXPECT_EQ(copy(found[1]), from_hex("6742"));
  EXPECT_EQ(copy(found[2]), from_hex("68ce"));
  EXPECT_EQ(copy(found[3]), from_hex("6588"));
  EXPECT_TRUE(units(AnnexBNals{from_hex("0000")}).empty());
  EXPECT_TRUE(units(AnnexBNals{from_hex("000001")}).empty());
}

TEST(AnnexB, BecomesLengthPrefixedWithoutWhatMp4KeepsElsewhere) {
  const auto stream = from_hex("00000001 09f0 000001 6742 000001 68ce 000001 0605ff 000001 6588 000001 0cff");
  EXPECT_EQ(annex_b_to_length_prefixed(stream), from_hex("00000003 0605ff 00000002 6588"));
}

TEST(LengthPrefixed, TellsWhetherADecoderMayStart) {
  EXPECT_TRUE(has_idr(from_hex("00000003 0605ff 00000002 6588")));
  EXPECT_FALSE(has_idr(from_hex("00000002 419a")));
  EXPECT_FALSE(has_idr({}));
}

TEST(LengthPrefixed, ReportsLengthsThatDoNotFit) {
  const auto broken = from_hex("00000002 419a 00000009 6588");
  LengthPrefixedNals nals{broken};
  EXPECT_TRUE(nals.next());
  EXPECT_FALSE(nals.next());
  EXPECT_FALSE(nals.ok());

  const auto whole = from_hex("00000000 00000002 419a");
  LengthPrefixedNals good{whole};
  EXPECT_EQ(nal_type(*good.next()), NalType::slice) << "an empty unit is left out";
  EXPECT_FALSE(good.next());
  EXPECT_TRUE(good.ok());
}

}  // namespace
}  // namespace levee::media
