#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace levee::hls {

/// What a media URI names, relative to its rendition's folder.
///
/// Every URI begins with the stream's id, which is new for each show, so that a cache never serves an old
/// show's media under a new show's name. Parts are numbered through the whole stream, not within their
/// segment: so the part after the last one has a known URI before anyone knows whether a key frame will end
/// the segment, and a preload hint always names a part that will exist (checklist L11, L31).
struct MediaUri {
  enum class Kind { init, segment, part };
  std::string_view stream_id;  ///< Lifetime: the text that was parsed
  Kind kind = Kind::init;
  std::uint64_t number =
      0;  ///< init: its generation; segment: media sequence number; part: its number in the stream
};

/// "<id>-i0.mp4", "<id>-s12.m4s", "<id>-p77.m4s".
std::string to_string(const MediaUri& uri);

/// The inverse; nothing for any other text (leading zeros and numbers past 2^63 included: one thing has one
/// URI).
std::optional<MediaUri> parse_media_uri(std::string_view text);

}  // namespace levee::hls
