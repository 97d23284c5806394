#include <algorithm>
#include <array>
#include <numeric>

#include "levee/media/h264.hpp"

#include "media/bit_reader.hpp"

namespace levee::media {
namespace {

constexpr std::uint32_t kMacroblock = 16;
constexpr std::uint32_t kMaxMacroblocks = 1024;  // 16384 pixels, above every level's limit
constexpr std::size_t kMaxSps = 4096;            // what is read of one; the longest legal one is far shorter

/// Takes the emulation prevention bytes out. Source: ITU-T H.264 section 7.4.1.
Bytes unescape(BytesView nal) {
  Bytes out;
  out.reserve(nal.size());
  unsigned zeros = 0;
  for (const auto byte : nal) {
    if (zeros >= 2 && byte == std::byte{3}) {
      zeros = 0;
      continue;
    }
    zeros = byte == std::byte{0} ? zeros + 1 : 0;
    out.push_back(byte);
  }
  return out;
}

bool has_chroma_information(std::uint8_t profile) {
  constexpr std::array<std::uint8_t, 13> kProfiles{100, 110, 122, 244, 44,  83, 86,
                                                   118, 128, 138, 139, 134, 135};
  return std::find(kProfiles.begin(), kProfiles.end(), profile) != kProfiles.end();
}

void skip_scaling_list(BitReader& reader, unsigned size) {
  std::int64_t last = 8;
  std::int64_t next = 8;
  for (unsigned i = 0; i < size && reader.ok(); ++i) {
    if (next != 0) next = (last + reader.se() + 256) % 256;
    if (next != 0) last = next;
  }
}

bool read_chroma_information(BitReader& reader, SequenceParameters& sps) {
  const auto chroma_format = reader.ue();
  if (chroma_format > 3) return false;
  sps.chroma_format = static_cast<std::uint8_t>(chroma_format);
  if (chroma_format == 3) reader.skip(1);  // separate_colour_plane_flag
  const auto luma_depth = reader.ue();
  const auto chroma_depth = reader.ue();
  if (luma_depth > 6 || chroma_depth > 6) return false;
  sps.bit_depth = static_cast<std::uint8_t>(luma_depth + 8);
  sps.chroma_bit_depth = static_cast<std::uint8_t>(chroma_depth + 8);
  reader.skip(1);  // qpprime_y_zero_transform_bypass_flag
  if (reader.flag()) {
    const unsigned lists = chroma_format == 3 ? 12 : 8;
    for (unsigned i = 0; i < lists && reader.ok(); ++i) {
      if (reader.flag()) skip_scaling_list(reader, i < 6 ? 16 : 64);
    }
  }
  return reader.ok();
}

bool skip_picture_order(BitReader& reader) {
  const auto type = reader.ue();
  if (type == 0) reader.ue();
  if (type == 1) {
    reader.skip(1);
    reader.se();
    reader.se();
    const auto cycle = reader.ue();
    if (cycle > 255) return false;
    for (std::uint32_t i = 0; i < cycle; ++i) reader.se();
  }
  return type <= 2 && reader.ok();
}

bool read_size(BitReader& reader, SequenceParameters& sps) {
  const auto width = reader.ue() + 1;
  const auto height = reader.ue() + 1;
  const std::uint32_t fields = reader.flag() ? 1 : 2;  // frame_mbs_only_flag
  if (!reader.ok() || width > kMaxMacroblocks || height > kMaxMacroblocks / fields) return false;
  if (fields == 2) reader.skip(1);  // mb_adaptive_frame_field_flag
  reader.skip(1);                   // direct_8x8_inference_flag
  sps.width = width * kMacroblock;
  sps.height = height * fields * kMacroblock;
  if (!reader.flag()) return reader.ok();

  // The crop is counted in chroma samples: table 6-1 and equations 7-19 to 7-22.
  const std::uint64_t unit_x = sps.chroma_format == 1 || sps.chroma_format == 2 ? 2 : 1;
  const std::uint64_t unit_y = std::uint64_t{sps.chroma_format == 1 ? 2u : 1u} * fields;
  const std::uint64_t left = reader.ue();
  const std::uint64_t right = reader.ue();
  const std::uint64_t top = reader.ue();
  const std::uint64_t bottom = reader.ue();
  const auto crop_x = (left + right) * unit_x;
  const auto crop_y = (top + bottom) * unit_y;
  if (!reader.ok() || crop_x >= sps.width || crop_y >= sps.height) return false;
  sps.width -= static_cast<std::uint32_t>(crop_x);
  sps.height -= static_cast<std::uint32_t>(crop_y);
  return true;
}

/// The frame rate that a tick and a time scale give; a field lasts one tick, a frame two.
FrameRate frame_rate(std::uint64_t ticks, std::uint64_t time_scale) {
  constexpr std::uint64_t kHighest = 300;  // encoders of variable rate write their clock here: 1000 and more
  const auto denominator = ticks * 2;
  if (denominator == 0 || time_scale == 0 || time_scale > kHighest * denominator) return {};
  const auto divisor = std::gcd(time_scale, denominator);
  if (denominator / divisor > UINT32_MAX) return {};
  return {static_cast<std::uint32_t>(time_scale / divisor),
          static_cast<std::uint32_t>(denominator / divisor)};
}

/// Source: ITU-T H.264 section E.1.1, as far as the timing information.
FrameRate read_timing(BitReader& reader) {
  constexpr std::uint32_t kExtendedSar = 255;
  if (reader.flag() && reader.bits(8) == kExtendedSar) reader.skip(32);
  if (reader.flag()) reader.skip(1);  // overscan
  if (reader.flag()) {                // video signal type
    reader.skip(4);
    if (reader.flag()) reader.skip(24);
  }
  if (reader.flag()) {  // chroma location
    reader.ue();
    reader.ue();
  }
  if (!reader.flag()) return {};
  const auto ticks = reader.bits(32);
  const auto time_scale = reader.bits(32);
  return reader.ok() ? frame_rate(ticks, time_scale) : FrameRate{};
}

}  // namespace

Result<SequenceParameters> parse_sps(BytesView nal) {
  if (nal_type(nal) != NalType::sps) return Errc::bad_sps;
  const auto bytes = unescape(nal.first(std::min(nal.size(), kMaxSps)));
  BitReader reader{bytes};
  reader.skip(8);
  SequenceParameters sps;
  sps.profile = static_cast<std::uint8_t>(reader.bits(8));
  sps.constraints = static_cast<std::uint8_t>(reader.bits(8));
  sps.level = static_cast<std::uint8_t>(reader.bits(8));
  if (reader.ue() > 31) return Errc::bad_sps;
  if (has_chroma_information(sps.profile) && !read_chroma_information(reader, sps)) return Errc::bad_sps;
  if (reader.ue() > 12) return Errc::bad_sps;  // log2_max_frame_num_minus4
  if (!skip_picture_order(reader)) return Errc::bad_sps;
  reader.ue();     // max_num_ref_frames
  reader.skip(1);  // gaps_in_frame_num_value_allowed_flag
  if (!read_size(reader, sps)) return Errc::bad_sps;
  if (reader.flag()) sps.frame_rate = read_timing(reader);
  return sps;
}

}  // namespace levee::media
