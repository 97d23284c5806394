#include "levee/rtmp/error.hpp"

#include <string>

namespace levee::rtmp {
namespace {

const char* text(Errc code) {
  switch (code) {
    case Errc::not_rtmp:
      return "not RTMP: expected version 3 as the first byte";
    case Errc::bad_chunk_size:
      return "Set Chunk Size: expected 1 to 2147483647";
    case Errc::orphan_chunk:
      return "a chunk refers to a header never sent on its chunk stream; expected a type 0 header";
    case Errc::interrupted_message:
      return "a message began before the last one on its chunk stream was complete; expected a type 3 chunk";
    case Errc::message_too_large:
      return "a message is larger than the limit";
    case Errc::too_many_chunk_streams:
      return "more chunk streams than the limit";
    case Errc::too_much_buffered:
      return "more data under way than the limit";
    case Errc::bad_control_message:
      return "a protocol control message is too short";
    case Errc::unknown_message_type:
      return "unknown message type: the bytes are out of step, or not RTMP";
    case Errc::amf_truncated:
      return "an AMF0 value ends before it is complete";
    case Errc::amf_too_deep:
      return "AMF0 values are nested too deeply";
    case Errc::amf_too_many_values:
      return "too many AMF0 values in one message";
    case Errc::amf_unknown_type:
      return "unknown AMF0 type; expected number, boolean, string, object, null, array or date";
    case Errc::bad_command:
      return "malformed command; expected name, transaction number, object, arguments";
    case Errc::unexpected_command:
      return "a command came out of order; expected connect, createStream, publish";
    case Errc::unknown_app:
      return "connect names an application that is not served here";
    case Errc::bad_stream_key:
      return "publish names no usable stream key";
    case Errc::play_refused:
      return "RTMP is for publishing only here; watch over HLS";
    case Errc::media_before_publish:
      return "audio or video came before publish";
    case Errc::unsupported_video_codec:
      return "video codec not supported; expected H.264";
    case Errc::unsupported_audio_codec:
      return "audio codec not supported; expected AAC";
    case Errc::bad_video_message:
      return "malformed video message; expected an AVC tag with length-prefixed NAL units";
    case Errc::bad_audio_message:
      return "malformed audio message; expected an AAC tag";
    case Errc::bad_aggregate:
      return "malformed aggregate message; expected FLV tags";
    case Errc::output_overflow:
      return "the peer asks faster than it takes the answers";
  }
  return "unknown RTMP error";
}

class Category : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "rtmp"; }
  std::string message(int code) const override { return text(static_cast<Errc>(code)); }
};

}  // namespace

ErrorCode make_error_code(Errc code) {
  static const Category category;
  return {static_cast<int>(code), category};
}

}  // namespace levee::rtmp
