#pragma once

#include <functional>
#include <memory>
#include <string>

#include "levee/hls/part.hpp"
#include "levee/media/packet.hpp"

namespace levee::hls {

/// Turns one stream's repaired packets into the parts of its renditions. A port, implemented by
/// transcode::LadderPipeline; who owns streams knows no codec.
///
/// Thread: called on the stream's home shard, and never blocks it. Calls PartSink there too, never after
/// the destructor returned. Destroying it abandons what is still being encoded.
class Pipeline {
 public:
  virtual ~Pipeline() = default;

  /// A new publication, or new codec parameters: both tracks as they are from the next packet on; a track
  /// that is not there is null. The next video packet is a key frame. After the first call this begins a
  /// segment with a discontinuity in every rendition.
  /// `first_packet` is the wall-clock time of the next packet, for EXT-X-PROGRAM-DATE-TIME.
  virtual void begin(std::shared_ptr<const media::TrackConfig> video,
                     std::shared_ptr<const media::TrackConfig> audio, media::FrameRate frame_rate,
                     WallTime first_packet) = 0;

  /// The next packet, with repaired timestamps: dts grows strictly within a track.
  virtual void packet(const media::Packet& packet) = 0;

  /// The publisher is gone: what is held back is cut into a last part of a last, whole segment in each
  /// rendition. `done` is called on the home shard when all of it has reached the PartSink.
  virtual void finish(std::function<void()> done) = 0;
};

/// Runs a function on a stream's home shard, later and in the order given. Thread: any.
/// Lifetime: outlives every pipeline that was given it.
using PostHome = std::function<void(std::function<void()>)>;

/// Makes the pipeline of a stream. Lifetime: `sink` outlives the pipeline.
using PipelineFactory = std::function<std::unique_ptr<Pipeline>(const std::string& stream_name,
                                                                PostHome post_home, PartSink& sink)>;

}  // namespace levee::hls
