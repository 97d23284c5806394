#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "levee/base/bytes.hpp"
#include "levee/base/clock.hpp"
#include "levee/media/packet.hpp"

namespace levee::hls {

/// Where the numbers of every playlist of the server come from; one set for the whole process, since
/// EXT-X-TARGETDURATION and PART-TARGET may never change and must agree between renditions.
///
/// Units: media::kTimescale ticks where MediaTime.
struct Settings {
  media::MediaTime segment =
      2 * media::kTimescale;       ///< a segment ends at the first key frame at or after this
  media::MediaTime part = 30'000;  ///< 333 ms: a part ends at the frame nearest to this
  media::MediaTime window = 60 * media::kTimescale;  ///< how much of the past a playlist lists
  media::MediaTime hold_back = 135'000;  ///< 1.5 s: how far behind its end a player at low latency stays

  /// PART-TARGET: 1.05 times the part, so that a whole number of frames of any usual rate fits under it (L6)
  /// and is above 0.85 of it (L7): 350 ms for 333 ms parts.
  media::MediaTime part_target() const { return part * 105 / 100; }
  /// PART-HOLD-BACK: never less than the three part targets that the specification asks for (L2b). With short
  /// parts those are a buffer that any hiccup of a home network or a busy browser drains.
  media::MediaTime part_hold_back() const { return std::max(hold_back, 3 * part_target()); }
  /// EXT-X-TARGETDURATION in seconds: 1.5 segments, rounded up. The room above `segment` is for sources whose
  /// key frames do not fall on its multiples; longer gaps between key frames are cut without one.
  std::uint32_t target_duration() const {
    return static_cast<std::uint32_t>((segment * 3 / 2 + media::kTimescale - 1) / media::kTimescale);
  }
  /// The longest a segment may be (P4: the duration rounded to the nearest second stays within the target).
  media::MediaTime segment_limit() const { return (2 * target_duration() + 1) * media::kTimescale / 2 - 1; }
};

/// What a multivariant playlist says of a rendition.
struct RenditionInfo {
  std::string name;         ///< "source", "720p", ..., "audio"
  std::string codecs;       ///< RFC 6381 list: "avc1.64001f,mp4a.40.2"
  std::uint32_t width = 0;  ///< 0 for audio alone
  std::uint32_t height = 0;
  double frame_rate = 0;                ///< 0 when unknown
  std::uint32_t nominal_bandwidth = 0;  ///< bits a second, until enough was measured
  bool operator==(const RenditionInfo&) const = default;
};

/// What a packager tells of one part of one rendition, in order.
///
/// Every rendition of a stream cuts its segments at the same media times and gives them the same numbers.
struct Part {
  std::uint64_t msn = 0;  ///< media sequence number of its segment
  bool begins_segment = false;
  bool ends_segment = false;   ///< the segment is complete with this part
  bool independent = false;    ///< begins with a key frame (INDEPENDENT=YES)
  bool gap = false;            ///< no media: the rung was shed for a while; `data` is empty (GAP=YES)
  bool discontinuity = false;  ///< with begins_segment: EXT-X-DISCONTINUITY before this segment
  media::MediaTime start = 0;  ///< of its first frame, on the stream's timeline
  media::MediaTime duration = 0;
  WallTime program_date_time;  ///< of `start`; equal for equal `start` in every rendition (P10)
  SharedBytes data;            ///< one moof and mdat
};

/// Takes what packagers make of one stream. Implemented by stream::LiveStream.
///
/// Thread: the stream's home shard; packagers on other threads post.
class PartSink {
 public:
  virtual ~PartSink() = default;
  /// A rendition begins, or goes on with other codec parameters: `init` (ftyp+moov) is for the parts after
  /// it.
  virtual void init(const RenditionInfo& info, SharedBytes init) = 0;
  virtual void part(std::string_view rendition, Part part) = 0;
  /// Whether a rendition is made now. One that is not offered stays in the playlists of those who watch it
  /// (as gaps) and leaves the multivariant playlist of newcomers.
  virtual void offered(std::string_view rendition, bool offered) = 0;
};

}  // namespace levee::hls
