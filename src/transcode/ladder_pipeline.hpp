#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "levee/hls/cutter.hpp"
#include "levee/hls/pipeline.hpp"
#include "levee/transcode/transcoder.hpp"

#include "transcode/counters.hpp"
#include "transcode/home_link.hpp"
#include "transcode/ladder_worker.hpp"
#include "transcode/passthrough.hpp"

namespace levee::transcode {

/// One stream's pipeline: cuts once, passes `source` and `audio` through, and feeds the ladder.
///
/// A source whose key frames are too far apart is played as it is up to the first segment that would have to
/// begin without one. From there on every rendition, `source` too, is encoded with key frames of its own. If
/// that cannot be kept up, `source` is passed through again, and is then not independent.
class LadderPipeline final : public hls::Pipeline {
 public:
  /// Gives a worker its thread.
  using StartWorker = std::function<void(std::shared_ptr<LadderWorker>)>;

  /// Lifetime: `settings`, `counters` and `sink` outlive it.
  LadderPipeline(std::string name, const Settings& settings, const hls::Settings& hls, Counters& counters,
                 hls::PostHome post_home, hls::PartSink& sink, StartWorker start);
  /// Does not wait for the encoder thread.
  ~LadderPipeline() override;
  LadderPipeline(const LadderPipeline&) = delete;
  LadderPipeline& operator=(const LadderPipeline&) = delete;

  void begin(std::shared_ptr<const media::TrackConfig> video, std::shared_ptr<const media::TrackConfig> audio,
             media::FrameRate frame_rate, WallTime first_packet) override;
  void packet(const media::Packet& packet) override;
  void finish(std::function<void()> done) override;

 private:
  /// Who makes `source`.
  enum class Source {
    passed,     ///< passed through
    encoded,    ///< encoded by the ladder
    returning,  ///< encoded no more: passed through again from the next segment on
    returned,   ///< passed through, and not to be replaced again
  };

  void pump();
  void choose_source(hls::Cut& cut);
  void replace_source(hls::Cut& cut);
  void return_source(hls::Cut& cut);
  void feed_ladder(LadderEvent event);
  void abandon_ladder();
  void heed(LadderWorker::Note note);
  std::uint32_t source_bitrate(media::MediaTime now) const;

  std::string name_;
  const Settings& settings_;
  Counters& counters_;
  hls::Cutter cutter_;
  Passthrough source_;
  Passthrough audio_;
  Begin tracks_;
  Source source_made_ = Source::passed;
  std::uint64_t video_bytes_ = 0;  ///< since begin
  std::optional<media::MediaTime> first_video_;
  std::size_t begins_underway_ = 0;  ///< that the ladder has not come to

  std::shared_ptr<HomeLink> link_;
  StartWorker start_;
  std::shared_ptr<LadderWorker> worker_;
};

}  // namespace levee::transcode
