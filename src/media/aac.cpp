#include "levee/media/aac.hpp"

#include <array>
#include <optional>
#include <string>

#include "media/bit_reader.hpp"

namespace levee::media {
namespace {

constexpr std::uint32_t kLowComplexity = 2;
constexpr std::uint32_t kSpectralBandReplication = 5;
constexpr std::uint32_t kParametricStereo = 29;
constexpr std::uint32_t kCoreSamples = 1024;

/// Source: ISO 14496-3 table 1.18.
constexpr std::array<std::uint32_t, 13> kRates{96000, 88200, 64000, 48000, 44100, 32000, 24000,
                                               22050, 16000, 12000, 11025, 8000,  7350};

std::uint32_t read_object_type(BitReader& reader) {
  constexpr std::uint32_t kEscape = 31;
  const auto type = reader.bits(5);
  return type == kEscape ? 32 + reader.bits(6) : type;
}

std::uint32_t read_rate(BitReader& reader) {
  constexpr std::uint32_t kExplicit = 15;
  const auto index = reader.bits(4);
  if (index == kExplicit) return reader.bits(24);
  return index < kRates.size() ? kRates[index] : 0;
}

/// Source: ISO 14496-3 table 1.19; 0 stands for a layout that is spelled out, which is not read.
std::uint32_t channel_count(std::uint32_t configuration) {
  constexpr std::array<std::uint32_t, 15> kChannels{0, 1, 2, 3, 4, 5, 6, 8, 0, 0, 0, 7, 8, 24, 8};
  return configuration < kChannels.size() ? kChannels[configuration] : 0;
}

struct Extension {
  std::uint32_t rate = 0;  ///< of the decoded sound; 0: no replication
  bool parametric_stereo = false;
};

/// The extension behind the core's config, which older decoders skip. Source: ISO 14496-3 section 1.6.2.1.
Extension read_trailing_extension(BitReader& reader) {
  constexpr std::uint32_t kReplicationSync = 0x2b7;
  constexpr std::uint32_t kStereoSync = 0x548;
  Extension extension;
  if (reader.bits_left() < 16 || reader.bits(11) != kReplicationSync) return extension;
  if (read_object_type(reader) != kSpectralBandReplication || !reader.flag()) return extension;
  extension.rate = read_rate(reader);
  if (reader.bits_left() >= 12 && reader.bits(11) == kStereoSync) extension.parametric_stereo = reader.flag();
  return reader.ok() ? extension : Extension{};
}

std::string codec_string(const Extension& extension) {
  if (extension.parametric_stereo) return "mp4a.40.29";
  return extension.rate != 0 ? "mp4a.40.5" : "mp4a.40.2";
}

}  // namespace

Result<TrackConfig> parse_aac_config(BytesView asc) {
  BitReader reader{asc};
  auto object_type = read_object_type(reader);
  const auto core_rate = read_rate(reader);
  const auto core_channels = channel_count(reader.bits(4));
  Extension extension;
  if (object_type == kSpectralBandReplication || object_type == kParametricStereo) {
    extension.parametric_stereo = object_type == kParametricStereo;
    extension.rate = read_rate(reader);
    if (extension.rate == 0) return Errc::bad_aac_config;
    object_type = read_object_type(reader);
  }
  if (!reader.ok() || core_rate < kRates.back() || core_rate > kRates.front()) return Errc::bad_aac_config;
  if (object_type != kLowComplexity || core_channels == 0) return Errc::unsupported_aac;

  const bool short_frames = reader.flag();    // frameLengthFlag: 960 samples
  if (reader.flag()) reader.skip(14);         // coreCoderDelay
  const bool extension_flag = reader.flag();  // must be 0 for this object type
  if (!reader.ok() || extension_flag) return Errc::bad_aac_config;
  if (short_frames) return Errc::unsupported_aac;
  if (extension.rate == 0) extension = read_trailing_extension(reader);
  // Replication doubles the rate or, downsampled, leaves it.
  if (extension.rate != 0 && extension.rate != core_rate && extension.rate != 2 * core_rate)
    return Errc::bad_aac_config;

  TrackConfig config;
  config.codec = Codec::aac;
  config.extradata = share(Bytes(asc.begin(), asc.end()));
  config.codec_string = codec_string(extension);
  config.sample_rate = extension.rate != 0 ? extension.rate : core_rate;
  config.channels = extension.parametric_stereo && core_channels == 1 ? 2 : core_channels;
  config.samples_per_packet = kCoreSamples * (config.sample_rate / core_rate);
  return config;
}

Result<AdtsHeader> parse_adts_header(BytesView bytes) {
  BitReader reader{bytes};
  const auto sync = reader.bits(12);
  reader.skip(1);  // MPEG-2 or MPEG-4
  const auto layer = reader.bits(2);
  const bool no_checksum = reader.flag();
  AdtsHeader header;
  header.object_type = static_cast<std::uint8_t>(reader.bits(2) + 1);
  header.rate_index = static_cast<std::uint8_t>(reader.bits(4));
  reader.skip(1);
  header.channels = static_cast<std::uint8_t>(reader.bits(3));
  reader.skip(4);
  header.frame_size = reader.bits(13);
  reader.skip(11);  // buffer fullness
  const auto further_blocks = reader.bits(2);
  header.header_size = no_checksum ? 7 : 9;
  if (!reader.ok() || sync != 0xfff || layer != 0 || header.rate_index >= kRates.size() ||
      header.frame_size <= header.header_size)
    return Errc::bad_adts_header;
  if (further_blocks != 0) return Errc::unsupported_aac;
  return header;
}

Bytes make_aac_config(const AdtsHeader& header) {
  Bytes out;
  ByteWriter writer{out};
  writer.u16(
      static_cast<std::uint16_t>(header.object_type << 11 | header.rate_index << 7 | header.channels << 3));
  return out;
}

}  // namespace levee::media
