#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "levee/base/clock.hpp"

namespace levee::surge {

/// One rung of a ladder, as a multivariant playlist lists it.
struct Variant {
  std::string uri;
  std::uint64_t bandwidth = 0;  ///< Units: bits a second
  std::uint32_t height = 0;     ///< 0: not told
};

/// A multivariant playlist: its rungs, the lowest bandwidth first. Rungs without a picture are left out when
/// there is one with.
struct MultivariantPlaylist {
  std::vector<Variant> variants;
  std::size_t listed_first = 0;  ///< index of the one that stands first in the text
};

/// A part of a segment, as EXT-X-PART lists it.
struct ListedPart {
  std::string uri;
  Duration duration{};
  bool independent = false;
};

/// A segment of a media playlist. The last one may have parts only: its `uri` is then empty.
struct ListedSegment {
  std::string uri;
  Duration duration{};             ///< of the parts, while there is no EXTINF
  std::vector<ListedPart> parts;   ///< none where the playlist lists none (any more)
  std::optional<WallTime> begins;  ///< by EXT-X-PROGRAM-DATE-TIME, carried on from segment to segment
  std::uint32_t map = 0;           ///< index into `maps`
  bool gap = false;
  bool complete() const { return !uri.empty(); }
};

/// A media playlist as a player keeps it. Immutable once parsed: thousands of viewers share one.
struct MediaPlaylist {
  std::uint64_t first_sequence = 0;   ///< of segments[0]; skipped segments are not in `segments`
  std::uint64_t window_sequence = 0;  ///< EXT-X-MEDIA-SEQUENCE: the oldest that may still be fetched
  Duration target{};
  Duration part_target{};     ///< zero: no parts
  Duration part_hold_back{};  ///< zero: not told
  Duration hold_back{};       ///< zero: not told, three targets
  Duration can_skip_until{};  ///< zero: no delta updates
  bool can_block = false;
  bool ended = false;
  std::vector<std::string> maps{""};  ///< EXT-X-MAP URIs; entry 0 is empty: no init segment
  std::vector<ListedSegment> segments;

  /// Whether it leaves out the segments (and the EXT-X-MAP) that a player has seen before.
  bool is_delta() const { return first_sequence > window_sequence; }
  bool low_latency() const { return part_target > Duration::zero(); }
  /// The sequence number after the last segment listed, complete or not.
  std::uint64_t end_sequence() const { return first_sequence + segments.size(); }
  /// Null where `sequence` is not listed.
  const ListedSegment* find(std::uint64_t sequence) const;
};

/// What a playlist's text turned out to be; at most one of the two is set. Neither: it is no playlist.
struct ParsedPlaylist {
  std::shared_ptr<const MultivariantPlaylist> multivariant;
  std::shared_ptr<const MediaPlaylist> media;
};

/// Reads a playlist, tolerating what a player can do without: unknown tags, missing attributes, CRLF.
/// Source: RFC 8216bis sections 4.4 and 6.3.
ParsedPlaylist parse_playlist(std::string_view text);

/// Parses each text once: viewers of one stream get the same playlists within moments of each other, and
/// reading one is the dearest thing that a viewer does. Limits: the 48 texts used last. Thread: one.
class PlaylistCache {
 public:
  ParsedPlaylist parse(std::string_view text);

 private:
  struct Entry {
    std::string text;
    ParsedPlaylist parsed;
  };
  std::vector<Entry> entries_;  // the one used last is in front
};

/// The path of `reference`, which a document at `base_path` names. Both are on the same host; an absolute URL
/// of the same host is cut to its path. Source: RFC 3986 section 5.2, without dot segments inside the
/// reference.
std::string resolve_path(std::string_view base_path, std::string_view reference);

}  // namespace levee::surge
