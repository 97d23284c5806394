#include "transcode/ladder_pipeline.hpp"

#include <utility>

namespace levee::transcode {

LadderPipeline::LadderPipeline(std::string name, const Settings& settings, const hls::Settings& hls,
                               hls::PostHome post_home, hls::PartSink& sink)
    : name_{std::move(name)},
      settings_{settings},
      post_home_{std::move(post_home)},
      cutter_{hls},
      source_{media::kSourceRendition, sink},
      audio_{media::kAudioRendition, sink} {}

LadderPipeline::~LadderPipeline() = default;

void LadderPipeline::begin(std::shared_ptr<const media::TrackConfig> video,
                           std::shared_ptr<const media::TrackConfig> audio, media::FrameRate frame_rate,
                           WallTime first_packet) {
  cutter_.begin(video != nullptr, audio != nullptr, first_packet);
  pump();
  source_.flush();
  audio_.flush();
  source_.begin(video.get(), audio.get(), frame_rate);
  // Audio beside nothing is what `source` is then.
  audio_.begin(nullptr, video && settings_.ladder.audio_only ? audio.get() : nullptr, {});
}

void LadderPipeline::packet(const media::Packet& packet) {
  cutter_.feed(packet);
  pump();
}

void LadderPipeline::pump() {
  for (const auto& event : cutter_.take_output()) {
    source_.event(event);
    audio_.event(event);
  }
}

void LadderPipeline::finish(std::function<void()> done) {
  cutter_.finish();
  pump();
  source_.flush();
  audio_.flush();
  post_home_(std::move(done));
}

}  // namespace levee::transcode
