#include "transcode/fragment_muxer.hpp"

#include <cstring>

namespace levee::transcode {

namespace {

constexpr std::size_t kIoBufferSize = 64 * 1024;
constexpr std::size_t kUsualFragmentSize = 256 * 1024;

/// cmaf with frag_discont is the one combination in which libavformat keeps the tracks' start times and their
/// offset to each other: every other one starts each track at zero, or counts the first composition time
/// twice.
constexpr const char* kMovFlags = "+cmaf+frag_custom+frag_discont+skip_trailer";

}  // namespace

Result<std::unique_ptr<FragmentMuxer>> FragmentMuxer::open(const AVCodecParameters* video,
                                                           const AVCodecParameters* audio) {
  redirect_libav_log();
  std::unique_ptr<FragmentMuxer> muxer{new FragmentMuxer};
  if (const auto error = muxer->start(video, audio)) return error;
  return muxer;
}

FragmentMuxer::~FragmentMuxer() {
  if (!context_) return;
  // The trailer frees what the header allocated; its bytes go nowhere.
  if (header_written_) av_write_trailer(context_);
  if (context_->pb) {
    av_freep(&context_->pb->buffer);
    avio_context_free(&context_->pb);
  }
  avformat_free_context(context_);
}

ErrorCode FragmentMuxer::start(const AVCodecParameters* video, const AVCodecParameters* audio) {
  packet_ = checked(av_packet_alloc());
  written_.reserve(kUsualFragmentSize);
  if (const int code = avformat_alloc_output_context2(&context_, nullptr, "mp4", nullptr); code < 0)
    return libav_error(code);
  auto* buffer = static_cast<std::uint8_t*>(av_malloc(kIoBufferSize));
  if (!buffer) throw std::bad_alloc{};
  context_->pb = avio_alloc_context(buffer, kIoBufferSize, 1, this, nullptr, &FragmentMuxer::append, nullptr);
  if (!context_->pb) {
    av_free(buffer);
    throw std::bad_alloc{};
  }
  context_->pb->seekable = 0;
  context_->flags |= AVFMT_FLAG_CUSTOM_IO;
  context_->avoid_negative_ts = AVFMT_AVOID_NEG_TS_DISABLED;

  if (const auto error = add_stream(video, media::TrackKind::video)) return error;
  if (const auto error = add_stream(audio, media::TrackKind::audio)) return error;

  AVDictionary* options = nullptr;
  av_dict_set(&options, "movflags", kMovFlags, 0);
  av_dict_set_int(&options, "video_track_timescale", media::kTimescale, 0);
  const int code = avformat_write_header(context_, &options);
  av_dict_free(&options);
  if (code < 0) return libav_error(code);
  header_written_ = true;
  avio_flush(context_->pb);
  init_ = take();
  return {};
}

ErrorCode FragmentMuxer::add_stream(const AVCodecParameters* parameters, media::TrackKind track) {
  if (!parameters) return {};
  auto* stream = avformat_new_stream(context_, nullptr);
  if (!stream) throw std::bad_alloc{};
  if (const int code = avcodec_parameters_copy(stream->codecpar, parameters); code < 0)
    return libav_error(code);
  stream->codecpar->codec_tag = 0;
  stream->time_base = kMediaTimeBase;
  stream->sample_aspect_ratio = parameters->sample_aspect_ratio;
  streams_[static_cast<std::size_t>(track)] = stream;
  return {};
}

ErrorCode FragmentMuxer::write(const media::Packet& packet, media::MediaTime duration) {
  auto* stream = streams_[static_cast<std::size_t>(packet.track)];
  if (!stream || !packet.data) return libav_error(AVERROR(EINVAL));
  // Unreferenced: the muxer copies the bytes into the fragment at once, and writes to none of them.
  packet_->data = const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(packet.data->data()));
  packet_->size = static_cast<int>(packet.data->size());
  packet_->stream_index = stream->index;
  packet_->pts = packet.pts + kBase;
  packet_->dts = packet.dts + kBase;
  packet_->duration = duration;
  packet_->flags = packet.key ? AV_PKT_FLAG_KEY : 0;
  av_packet_rescale_ts(packet_.get(), kMediaTimeBase, stream->time_base);
  const int code = av_write_frame(context_, packet_.get());
  packet_->data = nullptr;
  packet_->size = 0;
  return code < 0 ? libav_error(code) : ErrorCode{};
}

Result<SharedBytes> FragmentMuxer::flush() {
  if (const int code = av_write_frame(context_, nullptr); code < 0) return libav_error(code);
  avio_flush(context_->pb);
  return take();
}

SharedBytes FragmentMuxer::take() {
  auto bytes = std::make_shared<const Bytes>(written_);
  written_.clear();
  return bytes;
}

int FragmentMuxer::append(void* self, std::uint8_t* data, int size) {
  const auto bytes = std::as_bytes(std::span{data, static_cast<std::size_t>(size)});
  auto& written = static_cast<FragmentMuxer*>(self)->written_;
  written.insert(written.end(), bytes.begin(), bytes.end());
  return size;
}

}  // namespace levee::transcode
