#pragma once

#include <string_view>

#include "levee/base/result.hpp"

namespace levee::rtmp {

/// Why an RTMP connection cannot go on. `message()` says what was wrong and what was expected.
enum class Errc {
  not_rtmp = 1,             ///< the first byte is not RTMP version 3
  bad_chunk_size,           ///< Set Chunk Size with a size that is not 1 to 2147483647
  orphan_chunk,             ///< a chunk refers to a header that was never sent on its chunk stream
  interrupted_message,      ///< a message began before the last one of its chunk stream was complete
  message_too_large,        ///< a message header announces more than the limit
  too_many_chunk_streams,   ///< more chunk streams than the limit
  too_much_buffered,        ///< the messages under way, or bytes fed too early, exceed the limit
  bad_control_message,      ///< a protocol control message is too short
  unknown_message_type,     ///< a message type that RTMP does not have: the bytes are out of step
  amf_truncated,            ///< an AMF0 value ends before it is complete
  amf_too_deep,             ///< AMF0 values are nested deeper than the limit
  amf_too_many_values,      ///< more AMF0 values in one message than the limit
  amf_unknown_type,         ///< an AMF0 type marker that is reserved, unknown or AMF3
  bad_command,              ///< a command is not: name, transaction number, object, arguments
  unexpected_command,       ///< a command that may not come in this state, such as publish before connect
  unknown_app,              ///< connect names an application that is not served
  bad_stream_key,           ///< publish names no stream key, or one that is too long
  play_refused,             ///< the peer wants to play, and this server only takes streams by RTMP
  media_before_publish,     ///< audio or video before publish
  unsupported_video_codec,  ///< video that is not H.264
  unsupported_audio_codec,  ///< audio that is not AAC
  bad_video_message,        ///< a video message whose header or NAL units do not fit its size
  bad_audio_message,        ///< an audio message whose header does not fit its size
  bad_aggregate,            ///< an aggregate message whose tags do not fit its size
  output_overflow,          ///< more answers wait to be taken than the limit
};

ErrorCode make_error_code(Errc code);

}  // namespace levee::rtmp

template <>
struct boost::system::is_error_code_enum<levee::rtmp::Errc> : std::true_type {};
