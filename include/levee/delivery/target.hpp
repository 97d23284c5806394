#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "levee/base/result.hpp"

namespace levee::delivery {

/// What a request target of the public listener names. Pure text: whether it exists is asked later.
///
///   /  /watch/NAME  /map/GROUP  /report/GROUP  /assets/PATH   pages
///   /live/NAME/index.m3u8                 multivariant playlist
///   /live/NAME/v/TOKEN/index.m3u8         the same, asked for again by a viewer session
///   /live/NAME/REND/FILE                  media playlist (index.m3u8) or media
///   /live/NAME/v/TOKEN/REND/FILE          the same, for a viewer session
///   /api/v1/live  /healthz  /readyz  /rt
///   /api/v1/feeds/NAME                    to POST records to
///   /api/v1/tracks/GROUP/DEVICE           where a device was
///
/// Lifetime: the views are into the target that was parsed.
struct Target {
  enum class Kind : std::uint8_t {
    unknown,
    index_page,
    watch_page,
    map_page,
    report_page,
    asset,
    multivariant,
    playlist,
    media,
    live_list,
    health,
    readiness,
    realtime,
    feed,
    trail
  };
  Kind kind = Kind::unknown;
  std::string_view path;   ///< without the query
  std::string_view query;  ///< without its question mark
  std::string_view
      stream;  ///< multivariant, playlist, media, watch_page; map_page, report_page, trail: the group
  std::string_view token;      ///< empty: none
  std::string_view rendition;  ///< playlist, media
  std::string_view file;       ///< media; feed: its name; trail: the device
};

/// Never fails: what it does not know is Kind::unknown. Percent-encoded paths are unknown: no name here needs
/// encoding, and one thing has one URL. Source: RFC 9112 section 3.2 (origin-form and absolute-form).
Target parse_target(std::string_view target);

/// 1 to 64 of A-Z a-z 0-9 _ - and begins with a letter or digit.
bool is_name(std::string_view text);

/// The delivery directives of a media playlist request. Source: RFC 8216bis section 6.2.5.
struct PlaylistQuery {
  std::optional<std::uint64_t> msn;
  std::optional<std::uint64_t> part;
  bool skip = false;
};

/// The value of a parameter of a query; empty when it is not there.
std::string_view query_value(std::string_view query, std::string_view name);

/// What is wrong with directives; null when nothing is.
struct PlaylistQueryResult {
  PlaylistQuery query;
  const char* fault = nullptr;  ///< for the client: "_HLS_part needs _HLS_msn"
};

/// Unknown parameters are ignored (P20). Faults: `_HLS_part` without `_HLS_msn` (L20), a number that is not a
/// decimal integer below 2^63 (L23), a directive given twice.
PlaylistQueryResult parse_playlist_query(std::string_view query);

/// A decimal integer below 2^63: digits only, no sign, no space.
std::optional<std::uint64_t> parse_number(std::string_view text);

/// A satisfiable single range of an object of `size` bytes.
struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;  ///< inclusive
};

/// Why a Range field gives no range.
enum class RangeFault : std::uint8_t {
  ignore,         ///< not bytes, malformed or several ranges: the whole object is sent
  unsatisfiable,  ///< 416
};

/// Source: RFC 9110 section 14.1.2.
boost::system::result<ByteRange, RangeFault> parse_range(std::string_view field, std::uint64_t size);

/// Whether an Accept-Encoding field allows gzip, with its q-values. Source: RFC 9110 section 12.5.3.
bool accepts_gzip(std::string_view field);

}  // namespace levee::delivery
