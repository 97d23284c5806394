#pragma once

#include "levee/base/result.hpp"

namespace levee::delivery {

/// Why a request head was refused. Each closes the connection: where the next request begins is not known.
enum class Errc {
  head_too_large = 1,   ///< 431: line and fields together are limited
  malformed_head,       ///< 400: not what RFC 9112 calls a request
  bare_line_feed,       ///< 400: a line ends in LF without CR; the usual tool of request smuggling
  missing_host,         ///< 400: HTTP/1.1 without Host, or with two
  unsupported_version,  ///< 505: neither HTTP/1.1 nor HTTP/1.0
  body_refused,         ///< 413: no request here has a body
};

ErrorCode make_error_code(Errc code);

/// The HTTP status that tells the client of it.
unsigned status_of(Errc code);

}  // namespace levee::delivery

template <>
struct boost::system::is_error_code_enum<levee::delivery::Errc> : std::true_type {};
