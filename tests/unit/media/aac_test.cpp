#include "levee/media/aac.hpp"

#include <gtest/gtest.h>

#include "unit/media/bytes_of.hpp"

namespace levee::media {
namespace {

TEST(AacConfig, LowComplexityAsFfmpegWritesIt) {
  const auto asc = from_hex("1190");
  const auto config = parse_aac_config(asc);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->kind(), TrackKind::audio);
  EXPECT_EQ(config->codec_string, "mp4a.40.2");
  EXPECT_EQ(config->sample_rate, 48000u);
  EXPECT_EQ(config->channels, 2u);
  EXPECT_EQ(config->samples_per_packet, 1024u);
  EXPECT_EQ(*config->extradata, asc);
}

TEST(AacConfig, FiveBytesThatSayThereIsNoReplicationAsObsWritesThem) {
  const auto config = parse_aac_config(from_hex("119056e500"));
  ASSERT_TRUE(config);
  EXPECT_EQ(config->codec_string, "mp4a.40.2");
  EXPECT_EQ(config->sample_rate, 48000u);
  EXPECT_EQ(config->samples_per_packet, 1024u);
}

TEST(AacConfig, ReplicationNamedFirst) {
  const auto config = parse_aac_config(from_hex("2b118800"));
  ASSERT_TRUE(config);
  EXPECT_EQ(config->codec_string, "mp4a.40.5");
  EXPECT_EQ(config->sample_rate, 48000u);
  EXPECT_EQ(config->channels, 2u);
  EXPECT_EQ(config->samples_per_packet, 2048u);
}

TEST(AacConfig, ReplicationNamedBehindTheCore) {
  // 24 kHz core: 00010 0110 0010 000, then 0x2b7, 00101, 1, 0011 (48 kHz).
  const auto config = parse_aac_config(from_hex("131056e598"));
  ASSERT_TRUE(config);
  EXPECT_EQ(config->codec_string, "mp4a.40.5");
  EXPECT_EQ(config->sample_rate, 48000u);
  EXPECT_EQ(config->samples_per_packet, 2048u);
}

TEST(AacConfig, ParametricStereoDoublesTheChannels) {
  const auto config = parse_aac_config(from_hex("eb098800"));
  ASSERT_TRUE(config);
  EXPECT_EQ(config->codec_string, "mp4a.40.29");
  EXPECT_EQ(config->channels, 2u);
  EXPECT_EQ(config->sample_rate, 48000u);
}

TEST(AacConfig, RateThatIsSpelledOut) {
  // 00010 1111 (44100 in 24 bits) 0010 000
  const auto config = parse_aac_config(from_hex("17805622 10"));
  ASSERT_TRUE(config);
  EXPECT_EQ(config->sample_rate, 44100u);
  EXPECT_EQ(config->channels, 2u);
}

TEST(AacConfig, RefusesWhatNoPlayerPlays) {
  EXPECT_EQ(parse_aac_config({}).error(), Errc::bad_aac_config);
  EXPECT_EQ(parse_aac_config(from_hex("11")).error(), Errc::bad_aac_config);
  EXPECT_EQ(parse_aac_config(from_hex("1690")).error(), Errc::bad_aac_config) << "reserved rate index 13";
  EXPECT_EQ(parse_aac_config(from_hex("0990")).error(), Errc::unsupported_aac) << "main profile";
  EXPECT_EQ(parse_aac_config(from_hex("1180")).error(), Errc::unsupported_aac) << "layout spelled out";
  EXPECT_EQ(parse_aac_config(from_hex("1194")).error(), Errc::unsupported_aac) << "960 samples";
}

TEST(Adts, HeaderBecomesAnAudioSpecificConfig) {
  const auto header = parse_adts_header(from_hex("fff14c80 2e7ffc"));
  ASSERT_TRUE(header);
  EXPECT_EQ(*header, (AdtsHeader{2, 3, 2, 7, 371}));
  EXPECT_EQ(make_aac_config(*header), from_hex("1190"));
}

TEST(Adts, ChecksumMakesTheHeaderLonger) {
  const auto header = parse_adts_header(from_hex("fff04c80 2e7ffc"));
  ASSERT_TRUE(header);
  EXPECT_EQ(header->header_size, 9u);
}

TEST(Adts, RefusesWhatIsNoHeader) {
  EXPECT_EQ(parse_adts_header(from_hex("fff14c80 2e7f")).error(), Errc::bad_adts_header) << "cut short";
  EXPECT_EQ(parse_adts_header(from_hex("ffe14c80 2e7ffc")).error(), Errc::bad_adts_header) << "no sync word";
  EXPECT_EQ(parse_adts_header(from_hex("fff34c80 2e7ffc")).error(), Errc::bad_adts_header) << "MP3's layer";
  EXPECT_EQ(parse_adts_header(from_hex("fff17c80 2e7ffc")).error(), Errc::bad_adts_header) << "rate index 15";
  EXPECT_EQ(parse_adts_header(from_hex("fff14c80 00fffc")).error(), Errc::bad_adts_header) << "no payload";
  EXPECT_EQ(parse_adts_header(from_hex("fff14c80 2e7ffd")).error(), Errc::unsupported_aac) << "two blocks";
}

}  // namespace
}  // namespace levee::media
