#include "transcode/ladder_pipeline.hpp"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "levee/base/log.hpp"

namespace levee::transcode {

LadderPipeline::LadderPipeline(std::string name, const Settings& settings, const hls::Settings& hls,
                               Counters& counters, hls::PostHome post_home, hls::PartSink& sink,
                               StartWorker start)
    : name_{std::move(name)},
      settings_{settings},
      counters_{counters},
      cutter_{hls},
      source_{media::kSourceRendition, sink},
      audio_{media::kAudioRendition, sink},
      link_{std::make_shared<HomeLink>(std::move(post_home), sink)},
      start_{std::move(start)} {}

LadderPipeline::~LadderPipeline() {
  link_->close();
  if (worker_) worker_->queue().close();
}

void LadderPipeline::begin(std::shared_ptr<const media::TrackConfig> video,
                           std::shared_ptr<const media::TrackConfig> audio, media::FrameRate frame_rate,
                           WallTime first_packet) {
  cutter_.begin(video != nullptr, audio != nullptr, first_packet);
  pump();
  source_.flush();
  audio_.flush();
  tracks_ = {.video = std::move(video), .audio = std::move(audio), .frame_rate = frame_rate};
  video_bytes_ = 0;
  first_video_.reset();

  if (!worker_ && tracks_.video && settings_.ladder.enabled) {
    worker_ = std::make_shared<LadderWorker>(name_, settings_, counters_, link_,
                                             [this](LadderWorker::Note note) { heed(note); });
    start_(worker_);
  }
  if (std::exchange(source_made_, Source::passed) == Source::encoded) source_.hold();
  if (worker_) {
    ++begins_underway_;
    feed_ladder(tracks_);
  }
  source_.begin(tracks_.video.get(), tracks_.audio.get(), frame_rate);
  // Beside nothing, audio is what `source` is.
  audio_.begin(nullptr, tracks_.video && settings_.ladder.audio_only ? tracks_.audio.get() : nullptr, {});
}

void LadderPipeline::packet(const media::Packet& packet) {
  if (packet.track == media::TrackKind::video && packet.data) {
    if (!first_video_) first_video_ = packet.dts;
    video_bytes_ += packet.data->size();
  }
  cutter_.feed(packet);
  pump();
}

void LadderPipeline::pump() {
  for (auto& event : cutter_.take_output()) {
    if (auto* cut = std::get_if<hls::Cut>(&event)) choose_source(*cut);
    source_.event(event);
    audio_.event(event);
    if (worker_) std::visit([this](auto& one) { feed_ladder(std::move(one)); }, event);
  }
  if (const auto errors = source_.take_mux_errors() + audio_.take_mux_errors(); errors > 0)
    counters_.mux_errors.add(errors);
}

void LadderPipeline::choose_source(hls::Cut& cut) {
  if (!cut.begins_segment) return;
  if (source_made_ == Source::returning) {
    return_source(cut);
  } else if (source_made_ == Source::passed && cut.overdue && !cut.late && worker_) {
    replace_source(cut);
  }
}

void LadderPipeline::replace_source(hls::Cut& cut) {
  const auto bitrate = source_bitrate(cut.at);
  spdlog::warn("stream={} key frames are too far apart: source is encoded anew bitrate={}", log::value(name_),
               bitrate);
  cutter_.ignore_key_frames();
  cut.discontinuity = true;
  source_made_ = Source::encoded;
  source_.hand_over();
  feed_ladder(EncodeSource{bitrate});
}

void LadderPipeline::return_source(hls::Cut& cut) {
  spdlog::warn("stream={} source is passed through again", log::value(name_));
  cut.discontinuity = true;
  source_made_ = Source::returned;
  if (worker_) {
    source_.hold();
    feed_ladder(EncodeSource{0});
  }
  source_.begin(tracks_.video.get(), tracks_.audio.get(), tracks_.frame_rate);
}

void LadderPipeline::heed(LadderWorker::Note note) {
  if (note == LadderWorker::Note::begun) {
    --begins_underway_;
    if (begins_underway_ == 0) source_.release();
    return;
  }
  // What is told of an earlier publication is of no more interest.
  if (begins_underway_ > 0) return;
  if (note == LadderWorker::Note::source_lost) {
    if (source_made_ == Source::encoded) source_made_ = Source::returning;
  } else {
    source_.release();
  }
}

void LadderPipeline::feed_ladder(LadderEvent event) {
  if (worker_ && !worker_->queue().push(std::move(event))) abandon_ladder();
}

void LadderPipeline::abandon_ladder() {
  spdlog::error("stream={} encoder thread is stuck and is given up", log::value(name_));
  worker_->queue().close();
  worker_.reset();
  begins_underway_ = 0;
  source_.release();
  if (source_made_ == Source::encoded) source_made_ = Source::returning;
}

void LadderPipeline::finish(std::function<void()> done) {
  cutter_.finish();
  pump();
  source_.flush();
  audio_.flush();
  if (worker_) {
    worker_->hurry(Clock::now() + settings_.finish_limit);
    if (worker_->queue().push(Finish{done})) return;
    abandon_ladder();
  }
  link_->post([done = std::move(done)](hls::PartSink&) { done(); });
}

std::uint32_t LadderPipeline::source_bitrate(media::MediaTime now) const {
  constexpr double kLowest = 300'000;
  constexpr double kHighest = 12'000'000;
  const double elapsed = media::seconds(std::max<media::MediaTime>(now - first_video_.value_or(now), 1));
  return static_cast<std::uint32_t>(
      std::clamp(static_cast<double>(video_bytes_) * 8 / elapsed, kLowest, kHighest));
}

}  // namespace levee::transcode
