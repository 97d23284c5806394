#pragma once

#include <memory>
#include <optional>
#include <string>

#include "levee/hls/cutter.hpp"
#include "levee/hls/pipeline.hpp"
#include "levee/transcode/transcoder.hpp"

#include "transcode/passthrough.hpp"

namespace levee::transcode {

/// One stream's pipeline: cuts once, passes `source` and `audio` through, and feeds the ladder.
class LadderPipeline final : public hls::Pipeline {
 public:
  LadderPipeline(std::string name, const Settings& settings, const hls::Settings& hls,
                 hls::PostHome post_home, hls::PartSink& sink);
  ~LadderPipeline() override;

  void begin(std::shared_ptr<const media::TrackConfig> video, std::shared_ptr<const media::TrackConfig> audio,
             media::FrameRate frame_rate, WallTime first_packet) override;
  void packet(const media::Packet& packet) override;
  void finish(std::function<void()> done) override;

 private:
  void pump();

  std::string name_;
  const Settings& settings_;
  hls::PostHome post_home_;
  hls::Cutter cutter_;
  Passthrough source_;
  Passthrough audio_;
};

}  // namespace levee::transcode
