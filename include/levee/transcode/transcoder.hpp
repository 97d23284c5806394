#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "levee/base/clock.hpp"
#include "levee/base/metrics.hpp"
#include "levee/hls/part.hpp"
#include "levee/hls/pipeline.hpp"
#include "levee/media/ladder.hpp"
#include "levee/transcode/load_shedding.hpp"

namespace levee::transcode {

/// What is encoded, and with how much of the machine.
struct Settings {
  media::Ladder ladder;
  /// Of the encoder threads, 0 to 19. 10 leaves an idle server's response times as they are without an
  /// encoder and costs the encoder nothing.
  int niceness = 10;
  bool idle_only = false;  ///< encode with processor time nobody else wants (SCHED_IDLE); 5 to 8 % less of it
  /// How far an encoder may fall behind the source; beyond it, packets are dropped to the next key frame.
  Duration queue_time = std::chrono::seconds{1};
  std::size_t queue_bytes = 16 << 20;
  SheddingSettings shedding;
  /// How long the end of a stream waits for its encoder.
  Duration finish_limit = std::chrono::seconds{2};
};

/// Turns streams into ladders of parts: makes the pipeline of each stream, owns the encoder threads, counts.
///
/// Each stream with video has one encoder thread; `source` and `audio` are passed through on the home shard.
/// Lifetime: outlives its pipelines. The destructor waits for encoder threads to leave the frame they are at.
/// Thread: any.
class Transcoder {
 public:
  Transcoder(Settings settings, hls::Settings hls);
  ~Transcoder();
  Transcoder(const Transcoder&) = delete;
  Transcoder& operator=(const Transcoder&) = delete;

  /// Lifetime: `sink` outlives the pipeline; `post_home` is not called after the pipeline is destroyed.
  std::unique_ptr<hls::Pipeline> make_pipeline(const std::string& stream_name, hls::PostHome post_home,
                                               hls::PartSink& sink);
  /// The same as a function. Lifetime: that of this.
  hls::PipelineFactory factory();

  void write_metrics(MetricsText& out) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace levee::transcode
