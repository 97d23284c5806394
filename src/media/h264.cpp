#include "levee/media/h264.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace levee::media {
namespace {

/// Where the next start code (00 00 01) begins; `bytes.size()` when there is none.
std::size_t find_start_code(BytesView bytes) {
  constexpr std::array kStartCode{std::byte{0}, std::byte{0}, std::byte{1}};
  const auto at = std::search(bytes.begin(), bytes.end(), kStartCode.begin(), kStartCode.end());
  return static_cast<std::size_t>(at - bytes.begin());
}

BytesView after_start_code(BytesView bytes) {
  const auto at = find_start_code(bytes);
  return at == bytes.size() ? BytesView{} : bytes.subspan(at + 3);
}

std::string codec_string(std::uint8_t profile, std::uint8_t constraints, std::uint8_t level) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text = "avc1.";
  for (const unsigned byte : {profile, constraints, level}) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

/// Whether the record says more than the first profiles needed: chroma format and bit depths.
bool has_chroma_fields(std::uint8_t profile) { return profile != 66 && profile != 77 && profile != 88; }

}  // namespace

NalType nal_type(BytesView nal) {
  if (nal.empty()) return NalType{0};
  return static_cast<NalType>(std::to_integer<unsigned>(nal.front()) & 0x1f);
}

bool is_out_of_band(NalType type) {
  return type == NalType::access_unit_delimiter || type == NalType::sps || type == NalType::pps ||
         type == NalType::filler;
}

std::optional<BytesView> LengthPrefixedNals::next() {
  while (reader_.ok() && !reader_.rest().empty()) {
    const auto nal = reader_.bytes(reader_.u32());
    if (reader_.ok() && !nal.empty()) return nal;
  }
  return std::nullopt;
}

AnnexBNals::AnnexBNals(BytesView bytes) : rest_{after_start_code(bytes)} {}

std::optional<BytesView> AnnexBNals::next() {
  while (!rest_.empty()) {
    const auto end = find_start_code(rest_);
    auto nal = rest_.first(end);
    rest_ = after_start_code(rest_.subspan(end));
    while (!nal.empty() && nal.back() == std::byte{0}) nal = nal.first(nal.size() - 1);
    if (!nal.empty()) return nal;
  }
  return std::nullopt;
}

bool has_idr(BytesView packet) {
  LengthPrefixedNals nals{packet};
  while (const auto nal = nals.next()) {
    if (nal_type(*nal) == NalType::idr) return true;
  }
  return false;
}

Bytes annex_b_to_length_prefixed(BytesView annex_b) {
  Bytes out;
  out.reserve(annex_b.size() + 16);
  ByteWriter writer{out};
  AnnexBNals nals{annex_b};
  while (const auto nal = nals.next()) {
    if (is_out_of_band(nal_type(*nal))) continue;
    writer.u32(static_cast<std::uint32_t>(nal->size()));
    writer.bytes(*nal);
  }
  return out;
}

Result<TrackConfig> parse_avc_config(BytesView avcc) {
  ByteReader reader{avcc};
  if (reader.u8() != 1) return Errc::bad_avc_config;
  const auto profile = reader.u8();
  const auto constraints = reader.u8();
  const auto level = reader.u8();
  if (const unsigned length_size = (reader.u8() & 3u) + 1; reader.ok() && length_size != 4)
    return Errc::unsupported_nal_length;

  // Every parameter set is walked so that a record that is cut short is refused; the first SPS is the one
  // that counts.
  BytesView first_sps;
  const unsigned sps_count = reader.u8() & 0x1fu;
  for (unsigned i = 0; i < sps_count && reader.ok(); ++i) {
    const auto sps = reader.bytes(reader.u16());
    if (i == 0) first_sps = sps;
  }
  const unsigned pps_count = reader.u8();
  for (unsigned i = 0; i < pps_count && reader.ok(); ++i) reader.bytes(reader.u16());
  if (!reader.ok() || sps_count == 0 || pps_count == 0) return Errc::bad_avc_config;

  const auto sps = parse_sps(first_sps);
  if (!sps) return sps.error();
  TrackConfig config;
  config.codec = Codec::h264;
  config.extradata = share(Bytes(avcc.begin(), avcc.end()));
  config.codec_string = codec_string(profile, constraints, level);
  config.width = sps->width;
  config.height = sps->height;
  config.frame_rate = sps->frame_rate;
  return config;
}

Result<Bytes> make_avc_config(std::span<const BytesView> sps, std::span<const BytesView> pps) {
  constexpr std::size_t kMaxSps = 31;
  constexpr std::size_t kMaxPps = 255;
  const auto too_long = [](BytesView nal) { return nal.size() > UINT16_MAX; };
  if (sps.empty() || pps.empty() || sps.size() > kMaxSps || pps.size() > kMaxPps ||
      std::any_of(sps.begin(), sps.end(), too_long) || std::any_of(pps.begin(), pps.end(), too_long))
    return Errc::bad_avc_config;
  const auto parameters = parse_sps(sps.front());
  if (!parameters) return parameters.error();
  Bytes out;
  ByteWriter writer{out};
  const auto write_sets = [&](std::span<const BytesView> sets) {
    for (const auto nal : sets) {
      writer.u16(static_cast<std::uint16_t>(nal.size()));
      writer.bytes(nal);
    }
  };
  writer.u8(1);
  writer.u8(parameters->profile);
  writer.u8(parameters->constraints);
  writer.u8(parameters->level);
  writer.u8(0xff);  // 4-byte lengths
  writer.u8(static_cast<std::uint8_t>(0xe0 | sps.size()));
  write_sets(sps);
  writer.u8(static_cast<std::uint8_t>(pps.size()));
  write_sets(pps);
  if (has_chroma_fields(parameters->profile)) {
    writer.u8(static_cast<std::uint8_t>(0xfc | parameters->chroma_format));
    writer.u8(static_cast<std::uint8_t>(0xf8 | (parameters->bit_depth - 8)));
    writer.u8(static_cast<std::uint8_t>(0xf8 | (parameters->chroma_bit_depth - 8)));
    writer.u8(0);  // no SPS extension
  }
  return out;
}

}  // namespace levee::media
