#pragma once

#include "levee/base/result.hpp"

namespace levee::ingest {

/// Why an ingest connection ended or was not begun, beyond what its protocol and the registry say.
enum class Errc {
  publisher_finished = 1,  ///< the publisher said that it ends; the only one that is no fault
  no_publish_in_time,      ///< connected, but did not publish within the time for it
  silent_publisher,        ///< published, then sent nothing for too long
  slow_reader,             ///< does not take our answers
  stopping,                ///< the server is going down
  too_many_connections,    ///< the limit of connections is reached
  too_many_from_address,   ///< too many connections of one address that have not published
  bad_stream_id,           ///< an SRT stream id that is neither publish:KEY nor #!::m=publish,r=KEY
  not_a_publisher,         ///< an SRT caller that wants to play, or to do something else than publish
};

ErrorCode make_error_code(Errc code);

}  // namespace levee::ingest

template <>
struct boost::system::is_error_code_enum<levee::ingest::Errc> : std::true_type {};
