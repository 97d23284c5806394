#include "levee/transcode/transcoder.hpp"

#include <utility>

#include "transcode/ladder_pipeline.hpp"

namespace levee::transcode {

struct Transcoder::Impl {
  Settings settings;
  hls::Settings hls;
};

Transcoder::Transcoder(Settings settings, hls::Settings hls)
    : impl_{std::make_unique<Impl>(std::move(settings), hls)} {}

Transcoder::~Transcoder() = default;

std::unique_ptr<hls::Pipeline> Transcoder::make_pipeline(const std::string& stream_name,
                                                         hls::PostHome post_home, hls::PartSink& sink) {
  return std::make_unique<LadderPipeline>(stream_name, impl_->settings, impl_->hls, std::move(post_home),
                                          sink);
}

hls::PipelineFactory Transcoder::factory() {
  return [this](const std::string& name, hls::PostHome post_home, hls::PartSink& sink) {
    return make_pipeline(name, std::move(post_home), sink);
  };
}

void Transcoder::write_metrics(MetricsText&) const {}

}  // namespace levee::transcode
