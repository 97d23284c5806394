#include "transcode/decoder.hpp"

#include <utility>

#include "levee/transcode/error.hpp"

namespace levee::transcode {

Result<std::unique_ptr<Decoder>> Decoder::open(const media::TrackConfig& track, TakeFrame take) {
  const auto parameters = to_parameters(track);
  const auto* codec = avcodec_find_decoder(parameters->codec_id);
  if (!codec) return make_error_code(Errc::decoder_missing);
  auto context = checked(avcodec_alloc_context3(codec));
  if (const int code = avcodec_parameters_to_context(context.get(), parameters.get()); code < 0)
    return libav_error(code);
  context->pkt_timebase = kMediaTimeBase;
  // Frame threads would each hold a picture back.
  context->thread_count = 1;
  if (const int code = avcodec_open2(context.get(), codec, nullptr); code < 0) return libav_error(code);
  return std::unique_ptr<Decoder>{new Decoder{std::move(context), std::move(take)}};
}

Decoder::Decoder(CodecPtr context, TakeFrame take)
    : context_{std::move(context)},
      packet_{checked(av_packet_alloc())},
      frame_{checked(av_frame_alloc())},
      take_{std::move(take)} {}

ErrorCode Decoder::decode(const media::Packet& packet) {
  if (!packet.data || packet.data->empty()) return libav_error(AVERROR_INVALIDDATA);
  // Unreferenced: libav takes a copy, with the padding it wants, and writes to none of it.
  packet_->data = const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(packet.data->data()));
  packet_->size = static_cast<int>(packet.data->size());
  packet_->pts = packet.pts;
  packet_->dts = packet.dts;
  packet_->flags = packet.key ? AV_PKT_FLAG_KEY : 0;
  const int code = avcodec_send_packet(context_.get(), packet_.get());
  av_packet_unref(packet_.get());
  const auto received = receive();
  return code < 0 && code != AVERROR(EAGAIN) ? libav_error(code) : received;
}

void Decoder::drain() {
  avcodec_send_packet(context_.get(), nullptr);
  receive();
  avcodec_flush_buffers(context_.get());
}

ErrorCode Decoder::receive() {
  for (;;) {
    const int code = avcodec_receive_frame(context_.get(), frame_.get());
    if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return {};
    if (code < 0) return libav_error(code);
    take_(*frame_);
    av_frame_unref(frame_.get());
  }
}

}  // namespace levee::transcode
