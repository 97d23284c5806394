#pragma once

#include "levee/base/result.hpp"

namespace levee::transcode {

/// What libav has no code of its own for. Its own errors come in the category "libav", with libav's text.
enum class Errc {
  encoder_missing = 1,  ///< libavcodec was built without libx264
  decoder_missing,      ///< libavcodec has no decoder for the source's codec
  scaler_refused,       ///< libswscale cannot turn the source's pictures into the rung's
};

ErrorCode make_error_code(Errc code);

}  // namespace levee::transcode

template <>
struct boost::system::is_error_code_enum<levee::transcode::Errc> : std::true_type {};
