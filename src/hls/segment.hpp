#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "levee/base/bytes.hpp"
#include "levee/hls/part.hpp"

namespace levee::hls {

/// The init segment in force, and the number its URI has.
struct InitSegment {
  std::uint64_t generation = 0;
  SharedBytes data;
};

/// One segment and the lines it has in a playlist. It grows part by part; a complete one never changes and is
/// shared by every view that lists it.
struct Segment {
  std::uint64_t msn = 0;
  std::uint64_t first_part = 0;    ///< number of its first part in the rendition
  std::vector<SharedBytes> parts;  ///< null for a part that is a gap
  InitSegment init;                ///< what its parts need; without data when there was none yet
  media::MediaTime duration = 0;
  std::uint64_t bytes = 0;
  bool discontinuity = false;
  bool independent = false;  ///< begins with a key frame, or has no media at all
  bool gap = true;           ///< none of its parts has media

  std::string opening;     ///< EXT-X-DISCONTINUITY, EXT-X-MAP, EXT-X-PROGRAM-DATE-TIME (L8: before the parts)
  bool names_map = false;  ///< `opening` has EXT-X-MAP
  std::string part_lines;  ///< EXT-X-PART
  std::string closing;     ///< EXT-X-GAP, EXTINF and the URI; empty while it is open

  /// Bits a second of the fastest run of segments that ends with this one; known when it is complete.
  std::uint32_t peak_rate = 0;
};

/// A segment that begins with `part`; `names_map` when the init segment differs from the one before it, or
/// follows a discontinuity.
Segment open_segment(const Part& part, std::uint64_t first_part, const InitSegment& init, bool names_map,
                     const std::string& stream_id);

/// Adds the next part and its line.
void add_part(Segment& segment, const Part& part, const std::string& stream_id);

/// Writes its closing lines: the segment is complete.
void close_segment(Segment& segment, const std::string& stream_id);

/// Bits a second; 0 for no time.
std::uint32_t bit_rate(std::uint64_t bytes, media::MediaTime duration);

/// The EXT-X-MAP line of an init segment.
std::string map_line(const InitSegment& init, const std::string& stream_id);

}  // namespace levee::hls
