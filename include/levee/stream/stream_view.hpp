#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "levee/base/clock.hpp"
#include "levee/hls/rendition_view.hpp"

namespace levee::stream {

/// Where a stream is in its life.
enum class StreamState {
  starting,  ///< has a publisher, no part yet: not listed, not playable
  live,
  interrupted,  ///< the publisher is gone and may come back (the grace window)
  ended,        ///< playlists have ENDLIST; removed a window later
};

std::string_view to_string(StreamState state);

/// What ops see of a stream's publisher and timeline; every number since the stream began.
struct StreamFacts {
  std::string protocol;
  std::string peer;
  std::string encoder;
  std::string video;               ///< "avc1.64001f 1280x720@30"; empty: none
  std::string audio;               ///< "mp4a.40.2 48000x2"
  std::uint64_t publications = 0;  ///< 1 and then one more for each return of the publisher
  std::uint64_t bytes_in = 0;
  std::uint64_t timestamps_repaired = 0;
  std::uint64_t timeline_jumps = 0;
  std::vector<std::string>
      warnings;  ///< for the streamer: "key frames are 8.3 s apart; set the key frame interval to 2 s"
};

/// One stream as it is at one moment. Immutable.
struct StreamView {
  std::string name;
  std::string id;  ///< of this show; in every media URI
  StreamState state = StreamState::starting;
  WallTime started;
  StreamFacts facts;
  /// source first, then by falling height, audio last.
  std::vector<std::shared_ptr<const hls::RenditionView>> renditions;

  std::shared_ptr<const hls::RenditionView> rendition(std::string_view name) const;
};

/// Where streams become visible. A port, implemented by delivery.
///
/// Thread: called on the stream's home shard.
class Outlet {
 public:
  virtual ~Outlet() = default;
  /// After every change: a new part, a new rendition, a new state. `changed` is the rendition that has
  /// something new; empty when it is the stream itself.
  virtual void updated(std::shared_ptr<const StreamView> view, std::string_view changed) = 0;
  /// The stream is no more: its URLs answer 404 from now on.
  virtual void removed(const std::string& name) = 0;
};

}  // namespace levee::stream
