#include "transcode/encoder.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "levee/transcode/error.hpp"

namespace levee::transcode {

namespace {

/// Up to this height nobody sees the cheaper filter, and it takes half the time.
constexpr int kFastScalingHeight = 480;

void copy_colours(AVCodecContext& context, const AVFrame& like) {
  context.sample_aspect_ratio = like.sample_aspect_ratio;
  context.color_primaries = like.color_primaries;
  context.color_trc = like.color_trc;
  context.colorspace = like.colorspace;
  context.chroma_sample_location = like.chroma_location;
  context.color_range = AVCOL_RANGE_MPEG;
}

void set_rate(AVCodecContext& context, const RungPlan& plan) {
  context.bit_rate = plan.bitrate;
  context.rc_max_rate = static_cast<std::int64_t>(plan.bitrate) * 6 / 5;
  context.rc_buffer_size = static_cast<int>(std::min<std::uint32_t>(plan.bitrate, 1U << 30));
  context.time_base = kMediaTimeBase;
  context.framerate = av_d2q(plan.frame_rate > 0 ? plan.frame_rate : 30, 100'000);
  // Key frames are the source's, or are forced: never the encoder's own choice.
  context.gop_size = std::numeric_limits<int>::max();
  context.keyint_min = 1;
  context.max_b_frames = 0;
}

}  // namespace

Result<std::unique_ptr<Encoder>> Encoder::open(const RungPlan& plan, const AVFrame& like) {
  std::unique_ptr<Encoder> encoder{new Encoder};
  if (const auto error = encoder->start(plan, like)) return error;
  return encoder;
}

ErrorCode Encoder::start(const RungPlan& plan, const AVFrame& like) {
  const auto* codec = avcodec_find_encoder_by_name("libx264");
  if (!codec) return Errc::encoder_missing;
  context_ = checked(avcodec_alloc_context3(codec));
  packet_ = checked(av_packet_alloc());
  scaled_ = checked(av_frame_alloc());
  parameters_ = checked(avcodec_parameters_alloc());

  context_->width = static_cast<int>(plan.width);
  context_->height = static_cast<int>(plan.height);
  context_->pix_fmt = AV_PIX_FMT_YUV420P;
  context_->thread_count = 1;
  context_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_CLOSED_GOP;
  set_rate(*context_, plan);
  copy_colours(*context_, like);

  AVDictionary* options = nullptr;
  av_dict_set(&options, "preset", plan.preset.c_str(), 0);
  av_dict_set(&options, "tune", "zerolatency", 0);
  av_dict_set(&options, "forced-idr", "1", 0);
  av_dict_set(&options, "x264-params", "scenecut=0:repeat-headers=0", 0);
  const int code = avcodec_open2(context_.get(), codec, &options);
  av_dict_free(&options);
  if (code < 0) return libav_error(code);
  if (const int copied = avcodec_parameters_from_context(parameters_.get(), context_.get()); copied < 0)
    return libav_error(copied);
  return {};
}

Result<AVFrame*> Encoder::scale(const AVFrame& from) {
  av_frame_unref(scaled_.get());
  const auto format = static_cast<AVPixelFormat>(from.format);
  if (from.width == context_->width && from.height == context_->height && format == context_->pix_fmt) {
    if (av_frame_ref(scaled_.get(), &from) < 0) throw std::bad_alloc{};
    return scaled_.get();
  }
  const int flags = context_->height <= kFastScalingHeight ? SWS_FAST_BILINEAR : SWS_BILINEAR;
  scaler_.reset(sws_getCachedContext(scaler_.release(), from.width, from.height, format, context_->width,
                                     context_->height, context_->pix_fmt, flags, nullptr, nullptr, nullptr));
  if (!scaler_) return make_error_code(Errc::scaler_refused);
  scaled_->width = context_->width;
  scaled_->height = context_->height;
  scaled_->format = context_->pix_fmt;
  if (av_frame_get_buffer(scaled_.get(), 0) < 0) throw std::bad_alloc{};
  const int lines =
      sws_scale(scaler_.get(), from.data, from.linesize, 0, from.height, scaled_->data, scaled_->linesize);
  if (lines != context_->height) return make_error_code(Errc::scaler_refused);
  return scaled_.get();
}

Result<std::vector<media::Packet>> Encoder::encode(AVFrame& picture, media::MediaTime pts, bool key) {
  picture.pts = pts;
  // A decoded picture brings the source's own type with it.
  picture.pict_type = key ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
  picture.key_frame = 0;
  if (const int code = avcodec_send_frame(context_.get(), &picture); code < 0) return libav_error(code);
  std::vector<media::Packet> packets;
  if (const auto error = receive(packets)) return error;
  return packets;
}

std::vector<media::Packet> Encoder::drain() {
  std::vector<media::Packet> packets;
  avcodec_send_frame(context_.get(), nullptr);
  receive(packets);
  return packets;
}

ErrorCode Encoder::receive(std::vector<media::Packet>& packets) {
  for (;;) {
    const int code = avcodec_receive_packet(context_.get(), packet_.get());
    if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return {};
    if (code < 0) return libav_error(code);
    const auto bytes = std::as_bytes(std::span{packet_->data, static_cast<std::size_t>(packet_->size)});
    packets.push_back({.track = media::TrackKind::video,
                       .key = (packet_->flags & AV_PKT_FLAG_KEY) != 0,
                       .dts = packet_->dts,
                       .pts = packet_->pts,
                       .data = share(Bytes(bytes.begin(), bytes.end()))});
    av_packet_unref(packet_.get());
  }
}

std::string Encoder::codec_string() const {
  const std::span extradata{parameters_->extradata, static_cast<std::size_t>(parameters_->extradata_size)};
  constexpr std::uint8_t kSps = 7;
  for (std::size_t i = 0; i + 7 <= extradata.size(); ++i) {
    const bool start = extradata[i] == 0 && extradata[i + 1] == 0 && extradata[i + 2] == 1;
    if (start && (extradata[i + 3] & 0x1f) == kSps)
      return fmt::format("avc1.{:02x}{:02x}{:02x}", extradata[i + 4], extradata[i + 5], extradata[i + 6]);
  }
  return "avc1.640028";
}

}  // namespace levee::transcode
