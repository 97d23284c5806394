#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "levee/hls/pipeline.hpp"
#include "levee/media/timeline.hpp"
#include "levee/stream/publish.hpp"

#include "stream/counters.hpp"
#include "stream/key_frame_watch.hpp"
#include "stream/link.hpp"
#include "stream/show.hpp"
#include "stream/track_gate.hpp"

namespace levee::stream {

/// One show from its publishers' packets to its parts: chooses where a publication begins, repairs its
/// timestamps and feeds the pipeline. Knows no sockets, threads or timers.
///
/// Thread: the stream's home shard.
class LiveStream final : private TrackGate::Output {
 public:
  /// Called on the home shard; may not destroy the stream.
  struct Events {
    std::function<void()> playing;          ///< there is something to play, and more of it comes
    std::function<void(ErrorCode)> failed;  ///< the pipeline could not be made or threw; nothing more comes
  };

  /// Lifetime: `outlet`, `make_pipeline` and `counters` outlive it.
  LiveStream(std::string name, std::string id, WallTime started, const hls::Settings& settings,
             Outlet& outlet, const hls::PipelineFactory& make_pipeline, hls::PostHome post_home,
             Counters& counters, Events events);

  /// Another publisher begins.
  void attach(const PublishRequest& request, TimePoint now);
  void info(const media::SourceInfo& info);
  void config(const media::TrackConfig& config);
  void packet(ArrivedPacket arrived);

  /// Tells the outlet that the stream is in another state.
  void set_state(StreamState state);
  /// Brings out what is held back and ends every playlist; then `done`, which may be at once.
  void finish(std::function<void()> done);
  bool playable() const { return show_.has_parts(); }

 private:
  void begin(const Tracks& tracks, const Arrival& first) override;
  void packet(media::Packet packet, const Arrival& arrival) override;

  bool make_pipeline();
  void fail(const char* what);
  void describe(const Tracks& tracks);
  void count();
  void update_warnings(TimePoint now);
  WallTime date_of_next(const Arrival& first) const;

  hls::Settings settings_;
  const hls::PipelineFactory& pipeline_factory_;
  hls::PostHome post_home_;
  Counters& counters_;
  Events events_;
  Show show_;
  TrackGate gate_{*this};
  media::Timeline timeline_;
  KeyFrameWatch key_frames_;
  media::SourceInfo source_;
  media::MediaTime timestamp_wrap_ = 0;
  bool publication_begun_ = false;
  bool playing_ = false;  ///< the event was sent for this publication
  bool failed_ = false;
  TimePoint attached_;
  bool warned_unplayable_ = false;
  /// The newest packet's date, so that a publication never begins before the last one's end.
  struct Dated {
    media::MediaTime pts = 0;
    WallTime date;
  };
  std::optional<Dated> anchor_;
  media::MediaTime furthest_ = 0;  ///< pts
  media::Timeline::Counts counted_;
  std::uint64_t counted_left_out_ = 0;
  std::uint64_t counted_parts_ = 0;
  std::uint64_t counted_ignored_ = 0;
  std::unique_ptr<hls::Pipeline> pipeline_;  ///< last: it calls `show_`
};

}  // namespace levee::stream
