#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "levee/hls/pipeline.hpp"

#include "support/parts.hpp"

namespace levee::test {

/// A pipeline without codecs: every video packet (audio packet, when there is no video) is a part of
/// `source`, a key frame begins a segment, and a rendition `480p` gets the same when `with_rung` is set.
class FakePipeline final : public hls::Pipeline {
 public:
  struct Options {
    bool with_rung = false;
    bool throws_on_packet = false;
  };

  FakePipeline(hls::PartSink& sink, Options options) : sink_{sink}, options_{options} {}

  void begin(std::shared_ptr<const media::TrackConfig> video, std::shared_ptr<const media::TrackConfig> audio,
             media::FrameRate, WallTime first_packet) override {
    ++begins_;
    flush(true);
    video_ = std::move(video);
    audio_ = std::move(audio);
    date_ = first_packet;
    fresh_ = true;
    const auto& config = video_ ? *video_ : *audio_;
    const std::string codecs =
        (video_ ? video_->codec_string : "") + (audio_ ? "," + audio_->codec_string : "");
    sink_.init({"source", codecs, config.width, config.height, 30, 1'000'000},
               media_bytes("init " + as_string(config.extradata)));
    if (options_.with_rung) sink_.init({"480p", codecs, 854, 480, 30, 500'000}, media_bytes("init 480p"));
  }

  void packet(const media::Packet& packet) override {
    if (options_.throws_on_packet) throw std::runtime_error{"fake pipeline"};
    const bool leads = packet.track == (video_ ? media::TrackKind::video : media::TrackKind::audio);
    if (!leads) return;
    flush(packet.key);
    held_ = packet;
  }

  void finish(std::function<void()> done) override {
    flush(true);
    done();
  }

 private:
  static std::string as_string(const SharedBytes& bytes) { return bytes ? std::string{as_text(*bytes)} : ""; }

  /// Makes a part of the packet that is held; the next one tells whether it is its segment's last.
  void flush(bool next_begins_segment) {
    if (!held_) return;
    hls::Part part;
    part.msn = msn_;
    part.begins_segment = at_start_;
    part.ends_segment = next_begins_segment;
    part.independent = held_->key;
    part.discontinuity = at_start_ && fresh_ && begins_ > 1 && msn_ > 0;
    part.start = held_->pts;
    part.duration = 30'000;
    part.program_date_time = date_;
    part.data = held_->data;
    date_ += std::chrono::duration_cast<WallTime::duration>(std::chrono::microseconds{333'333});
    at_start_ = part.ends_segment;
    if (part.ends_segment) ++msn_;
    fresh_ = false;
    held_.reset();
    sink_.part("source", part);
    if (options_.with_rung) sink_.part("480p", part);
  }

  hls::PartSink& sink_;
  Options options_;
  std::shared_ptr<const media::TrackConfig> video_;
  std::shared_ptr<const media::TrackConfig> audio_;
  WallTime date_;
  int begins_ = 0;
  bool fresh_ = false;
  bool at_start_ = true;
  std::uint64_t msn_ = 0;
  std::optional<media::Packet> held_;
};

inline hls::PipelineFactory fake_pipelines(FakePipeline::Options options = {}) {
  return [options](const std::string&, hls::PostHome, hls::PartSink& sink) {
    return std::make_unique<FakePipeline>(sink, options);
  };
}

}  // namespace levee::test
