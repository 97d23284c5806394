#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "levee/base/bytes.hpp"
#include "levee/base/result.hpp"
#include "levee/media/error.hpp"
#include "levee/media/packet.hpp"

namespace levee::media {

/// The kinds of NAL unit that matter outside a decoder. Source: ITU-T H.264 table 7-1.
enum class NalType : std::uint8_t {
  slice = 1,
  slice_partition_a = 2,
  idr = 5,
  sei = 6,
  sps = 7,
  pps = 8,
  access_unit_delimiter = 9,
  end_of_sequence = 10,
  end_of_stream = 11,
  filler = 12,
};

/// The type of a NAL unit; 0 (unspecified) when it is empty.
NalType nal_type(BytesView nal);

/// Whether MP4's `avc1` keeps such a unit out of its packets: parameter sets are in the configuration alone,
/// and delimiters and filler mean nothing there.
bool is_out_of_band(NalType type);

/// Walks the NAL units of an MP4 or FLV packet: a length of 4 bytes before each. Empty ones are left out.
///
/// Errors: when lengths do not fill the packet exactly, `next` ends and `ok()` is false.
/// Lifetime: that of the packet's bytes.
class LengthPrefixedNals {
 public:
  explicit LengthPrefixedNals(BytesView packet) : reader_{packet} {}
  std::optional<BytesView> next();
  bool ok() const { return reader_.ok(); }

 private:
  ByteReader reader_;
};

/// Walks the NAL units of an Annex B byte stream: a start code (00 00 01) before each. Zero bytes around them
/// and what stands before the first start code are left out.
///
/// Lifetime: that of the bytes. Source: ITU-T H.264 annex B.
class AnnexBNals {
 public:
  explicit AnnexBNals(BytesView bytes);
  std::optional<BytesView> next();

 private:
  BytesView rest_;  ///< begins after a start code
};

/// Whether a length-prefixed packet has an IDR picture: a decoder may start there.
bool has_idr(BytesView packet);

/// Annex B as length-prefixed NAL units, without those that are out of band in `avc1`.
Bytes annex_b_to_length_prefixed(BytesView annex_b);

/// What is in a sequence parameter set that others than a decoder want to know.
struct SequenceParameters {
  std::uint8_t profile = 0;
  std::uint8_t constraints = 0;  ///< the byte of constraint_set flags
  std::uint8_t level = 0;
  std::uint8_t chroma_format = 1;  ///< 0 grey, 1 4:2:0, 2 4:2:2, 3 4:4:4
  std::uint8_t bit_depth = 8;      ///< of luma
  std::uint8_t chroma_bit_depth = 8;
  std::uint32_t width = 0;  ///< cropping applied
  std::uint32_t height = 0;
  FrameRate frame_rate;  ///< 0/1 without timing information, or when it says something beyond 300 a second
};

/// Reads a sequence parameter set, NAL header included.
/// Errors: Errc::bad_sps. Limits: 16384 pixels each way. Source: ITU-T H.264 section 7.3.2.1.1 and annex E.
Result<SequenceParameters> parse_sps(BytesView nal);

/// Reads an AVCDecoderConfigurationRecord; the track's extradata is a copy of it.
/// Errors: Errc::bad_avc_config, bad_sps, unsupported_nal_length. Source: ISO 14496-15 section 5.3.3.1.
Result<TrackConfig> parse_avc_config(BytesView avcc);

/// Builds an AVCDecoderConfigurationRecord with 4-byte lengths of SPS and PPS (NAL headers included). The
/// first SPS says what the record says. Errors: Errc::bad_sps; Errc::bad_avc_config when there is no PPS, too
/// many of either, or one is longer than 65535 bytes.
Result<Bytes> make_avc_config(std::span<const BytesView> sps, std::span<const BytesView> pps);

}  // namespace levee::media
