#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "levee/hls/part.hpp"

namespace levee::hls {

/// One rendition as it is at one moment: its playlists, rendered once, and the media they name. Immutable;
/// made by hls::RenditionWindow after each change and shared by all who serve it.
///
/// Thread: any.
class RenditionView {
 public:
  virtual ~RenditionView() = default;

  virtual const RenditionInfo& info() const = 0;
  /// Whether newcomers are offered it (hls::PartSink::offered).
  virtual bool offered() const = 0;
  /// No part will follow: the playlist has EXT-X-ENDLIST.
  virtual bool ended() const = 0;

  /// The whole media playlist, and the delta update for `_HLS_skip=YES`; the latter is empty when nothing is
  /// old enough to be skipped (L42): send the whole one then.
  virtual const std::string& playlist() const = 0;
  virtual const std::string& delta_playlist() const = 0;

  /// How far it is: `part_count()` parts exist of segment `msn()`, the newest one. A complete newest segment
  /// is shown as `msn()` = the next segment with 0 parts, so "is (M, N) there?" is one comparison.
  virtual std::uint64_t msn() const = 0;
  virtual std::uint32_t part_count() const = 0;
  /// How many parts segment `msn() - 1` has; 0 when there is none. A blocking request may name a part past
  /// the last one of its segment and then means part 0 of the next (L26): players ask so when a segment has
  /// just ended.
  virtual std::uint32_t previous_part_count() const = 0;

  /// Media by number (see MediaUri); null when it does not exist, no longer or not yet.
  virtual SharedBytes init(std::uint64_t generation) const = 0;
  virtual SharedBytes part(std::uint64_t number) const = 0;
  /// A segment is the list of its parts' bytes; empty when there is none. Only complete segments.
  virtual std::vector<SharedBytes> segment(std::uint64_t msn) const = 0;
  /// The number of the part that comes next: the one that the playlist hints.
  virtual std::uint64_t next_part() const = 0;

  /// Measured over the window, bits a second, this rendition alone: the peak of any segment, and the mean (0:
  /// not yet).
  virtual std::uint32_t bandwidth() const = 0;
  virtual std::uint32_t average_bandwidth() const = 0;
  /// Whether every listed segment begins with a key frame (M8).
  virtual bool independent_segments() const { return true; }
};

}  // namespace levee::hls
