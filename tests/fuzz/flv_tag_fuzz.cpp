#include <cstdlib>

#include "levee/media/h264.hpp"
#include "levee/rtmp/flv.hpp"

// A sequence of messages: a byte for the kind (odd: video), two for the size, then the body. Every video
// packet that comes out can be walked by its NAL units, and its key flag is true to them.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace levee;
  rtmp::TagReader reader;
  ByteReader in{std::as_bytes(std::span{data, size})};
  while (!in.rest().empty()) {
    const auto video = in.u8() % 2 == 1;
    const auto body_size = std::min<std::size_t>(in.u16(), in.rest().size());
    const auto view = in.bytes(body_size);
    Bytes body{view.begin(), view.end()};
    const auto event = video ? reader.video(40, std::move(body)) : reader.audio(40, std::move(body));
    if (!event) {
      if (rtmp::video_codec_name(view).empty() || rtmp::audio_codec_name(view).empty()) std::abort();
      continue;
    }
    if (!*event) continue;
    const auto* packet = std::get_if<media::Packet>(&**event);
    if (!packet) continue;
    if (!packet->data || packet->data->empty()) std::abort();
    if (video && packet->key != media::has_idr(*packet->data)) std::abort();
  }
  return 0;
}
