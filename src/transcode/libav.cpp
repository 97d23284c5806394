#include "transcode/libav.hpp"

#include <array>
#include <cstdarg>
#include <cstring>
#include <mutex>
#include <new>
#include <string>

#include <spdlog/spdlog.h>

namespace levee::transcode {

namespace {

class LibavCategory final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "libav"; }
  std::string message(int code) const override {
    std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
    av_strerror(code, text.data(), text.size());
    return text.data();
  }
};

void write_log(void* object, int level, const char* format, va_list arguments) {
  if (level > AV_LOG_WARNING || !spdlog::should_log(spdlog::level::debug)) return;
  std::array<char, 512> line{};
  int print_prefix = 1;
  av_log_format_line(object, level, format, arguments, line.data(), static_cast<int>(line.size()),
                     &print_prefix);
  std::string_view text{line.data()};
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  spdlog::debug("libav: {}", text);
}

}  // namespace

ErrorCode libav_error(int code) {
  static const LibavCategory category;
  return {code, category};
}

void redirect_libav_log() {
  static std::once_flag once;
  std::call_once(once, [] { av_log_set_callback(write_log); });
}

ParametersPtr to_parameters(const media::TrackConfig& track) {
  auto parameters = checked(avcodec_parameters_alloc());
  if (track.kind() == media::TrackKind::video) {
    parameters->codec_type = AVMEDIA_TYPE_VIDEO;
    parameters->codec_id = AV_CODEC_ID_H264;
    parameters->width = static_cast<int>(track.width);
    parameters->height = static_cast<int>(track.height);
  } else {
    parameters->codec_type = AVMEDIA_TYPE_AUDIO;
    parameters->codec_id = AV_CODEC_ID_AAC;
    parameters->sample_rate = static_cast<int>(track.sample_rate);
    parameters->frame_size = 1024;
    av_channel_layout_default(&parameters->ch_layout, static_cast<int>(track.channels));
  }
  if (track.extradata) set_extradata(*parameters, *track.extradata);
  return parameters;
}

void set_extradata(AVCodecParameters& parameters, BytesView bytes) {
  av_freep(&parameters.extradata);
  parameters.extradata = static_cast<std::uint8_t*>(av_mallocz(bytes.size() + AV_INPUT_BUFFER_PADDING_SIZE));
  if (!parameters.extradata) throw std::bad_alloc{};
  std::memcpy(parameters.extradata, bytes.data(), bytes.size());
  parameters.extradata_size = static_cast<int>(bytes.size());
}

}  // namespace levee::transcode
