#pragma once

#include "levee/base/result.hpp"

namespace levee::media {

/// What can be wrong with coded media and what carries it.
enum class Errc {
  bad_avc_config = 1,      ///< the AVCDecoderConfigurationRecord is cut short or contradicts itself
  bad_sps,                 ///< the H.264 sequence parameter set is cut short or out of range
  bad_nal_lengths,         ///< length-prefixed NAL units do not fill their packet exactly
  unsupported_nal_length,  ///< NAL lengths of 1 or 2 bytes; only 4 is used in practice, and here
  bad_aac_config,          ///< the AudioSpecificConfig is cut short or out of range
  unsupported_aac,         ///< AAC other than LC, HE and HE v2, or without a plain channel layout
  bad_adts_header,         ///< no ADTS frame begins here
  not_a_transport_stream,  ///< bytes without the sync bytes of MPEG-TS
  no_supported_stream,     ///< a transport stream with neither H.264 nor AAC
};

ErrorCode make_error_code(Errc code);

}  // namespace levee::media

template <>
struct boost::system::is_error_code_enum<levee::media::Errc> : std::true_type {};
