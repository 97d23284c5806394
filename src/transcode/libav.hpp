#pragma once

#include <memory>
#include <new>
#include <span>

#include "levee/base/bytes.hpp"
#include "levee/base/result.hpp"
#include "levee/media/packet.hpp"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/frame.h>
#include <libswscale/swscale.h>
}

namespace levee::transcode {

/// Frees a libav object with the function its documentation names.
struct LibavDeleter {
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
  void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
  void operator()(AVCodecParameters* parameters) const { avcodec_parameters_free(&parameters); }
  void operator()(AVDictionary* options) const { av_dict_free(&options); }
  void operator()(SwsContext* context) const { sws_freeContext(context); }
};

template <class T>
using Libav = std::unique_ptr<T, LibavDeleter>;

using PacketPtr = Libav<AVPacket>;
using FramePtr = Libav<AVFrame>;
using CodecPtr = Libav<AVCodecContext>;
using ParametersPtr = Libav<AVCodecParameters>;
using ScalerPtr = Libav<SwsContext>;

/// `T` as libav allocates it. Errors: std::bad_alloc.
template <class T>
std::unique_ptr<T, LibavDeleter> checked(T* allocated) {
  if (!allocated) throw std::bad_alloc{};
  return std::unique_ptr<T, LibavDeleter>{allocated};
}

/// The time base of every media::MediaTime.
inline constexpr AVRational kMediaTimeBase{1, static_cast<int>(media::kTimescale)};

/// A negative return value of libav with libav's text for it.
ErrorCode libav_error(int code);

/// Sends libav's log to ours, as debug lines: what matters of it comes back as an error code. Idempotent.
void redirect_libav_log();

/// What a decoder or muxer is told of a track.
/// Errors: std::bad_alloc.
ParametersPtr to_parameters(const media::TrackConfig& track);

/// Copies `bytes` into the extradata of `parameters`, with the padding that libav wants.
void set_extradata(AVCodecParameters& parameters, BytesView bytes);

}  // namespace levee::transcode
