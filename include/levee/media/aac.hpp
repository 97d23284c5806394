#pragma once

#include <cstddef>
#include <cstdint>

#include "levee/base/bytes.hpp"
#include "levee/base/result.hpp"
#include "levee/media/error.hpp"
#include "levee/media/packet.hpp"

namespace levee::media {

/// Reads an AudioSpecificConfig; the track's extradata is a copy of it. Rate and channels are those of the
/// decoded sound: spectral band replication doubles the rate, parametric stereo the channels.
///
/// Replication that only the frames themselves show (implicit signalling) is not seen: the track is then
/// described as its LC core, which every decoder and every duration agrees with.
/// Errors: Errc::bad_aac_config, unsupported_aac. Source: ISO 14496-3 section 1.6.2.1.
Result<TrackConfig> parse_aac_config(BytesView asc);

/// What stands before an AAC frame in a transport stream. Source: ISO 14496-3 section 1.A.3.2.
struct AdtsHeader {
  std::uint8_t object_type = 0;  ///< 2: LC
  std::uint8_t rate_index = 0;   ///< of the sampling frequency table
  std::uint8_t channels = 0;     ///< channel configuration
  std::size_t header_size = 0;   ///< 7, or 9 with a checksum
  std::size_t frame_size = 0;    ///< header included
  bool operator==(const AdtsHeader&) const = default;
};

/// How many bytes parse_adts_header reads.
inline constexpr std::size_t kAdtsHeaderSize = 7;

/// Reads the header at the front of `bytes`, at least kAdtsHeaderSize of them.
/// Errors: Errc::bad_adts_header; Errc::unsupported_aac for several raw blocks in a frame.
Result<AdtsHeader> parse_adts_header(BytesView bytes);

/// The AudioSpecificConfig that says what the header says.
Bytes make_aac_config(const AdtsHeader& header);

}  // namespace levee::media
