#include "levee/transcode/transcoder.hpp"

#include <algorithm>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "transcode/counters.hpp"
#include "transcode/ladder_pipeline.hpp"
#include "transcode/ladder_worker.hpp"

namespace levee::transcode {

struct Transcoder::Impl {
  struct Running {
    std::shared_ptr<LadderWorker> worker;
    std::thread thread;
  };

  Impl(Settings given, hls::Settings hls_settings)
      : settings{std::move(given)}, hls{hls_settings}, counters{settings.ladder} {}

  ~Impl() {
    for (auto& one : running) one.worker->queue().close();
    for (auto& one : running) one.thread.join();
  }

  void start(std::shared_ptr<LadderWorker> worker) {
    const std::lock_guard lock{mutex};
    std::erase_if(running, [](Running& one) {
      if (!one.worker->finished()) return false;
      one.thread.join();
      return true;
    });
    std::thread thread{[worker] { worker->run(); }};
    running.push_back({std::move(worker), std::move(thread)});
  }

  double lag() {
    const std::lock_guard lock{mutex};
    media::MediaTime worst = 0;
    for (const auto& one : running) {
      if (!one.worker->finished()) worst = std::max(worst, one.worker->lag());
    }
    return media::seconds(worst);
  }

  const Settings settings;
  const hls::Settings hls;
  Counters counters;
  std::mutex mutex;
  std::vector<Running> running;
};

Transcoder::Transcoder(Settings settings, hls::Settings hls)
    : impl_{std::make_unique<Impl>(std::move(settings), hls)} {}

Transcoder::~Transcoder() = default;

std::unique_ptr<hls::Pipeline> Transcoder::make_pipeline(const std::string& stream_name,
                                                         hls::PostHome post_home, hls::PartSink& sink) {
  return std::make_unique<LadderPipeline>(
      stream_name, impl_->settings, impl_->hls, impl_->counters, std::move(post_home), sink,
      [impl = impl_.get()](std::shared_ptr<LadderWorker> worker) { impl->start(std::move(worker)); });
}

hls::PipelineFactory Transcoder::factory() {
  return [this](const std::string& name, hls::PostHome post_home, hls::PartSink& sink) {
    return make_pipeline(name, std::move(post_home), sink);
  };
}

void Transcoder::write_metrics(MetricsText& out) const {
  impl_->counters.write_metrics(out);
  out.gauge("levee_transcode_lag_seconds",
            "How far the encoder that is furthest behind is behind its source.", impl_->lag());
}

}  // namespace levee::transcode
