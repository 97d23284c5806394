#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "levee/base/result.hpp"
#include "levee/ingest/error.hpp"

namespace levee::ingest {

/// The longest stream id that SRT carries.
inline constexpr std::size_t kMaxStreamId = 512;

/// What an SRT caller says in its stream id.
struct StreamId {
  std::string key;   ///< the stream key
  std::string user;  ///< `u=`; empty when not said
};

/// Reads a stream id: `publish:KEY`, or SRT's access control syntax `#!::m=publish,r=KEY[,u=USER]`, whose
/// further fields are passed over. FFmpeg sends an id that was percent-encoded in its URL as it is, so
/// `%23!::...` is taken too.
///
/// Errors: Errc::bad_stream_id; Errc::not_a_publisher when it asks for something else than to publish.
/// Limits: kMaxStreamId. Source: SRT Access Control Guidelines.
Result<StreamId> parse_stream_id(std::string_view text);

}  // namespace levee::ingest
