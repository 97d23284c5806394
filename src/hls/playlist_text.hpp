#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "levee/base/clock.hpp"
#include "levee/hls/part.hpp"

namespace levee::hls {

/// Appends a number in decimal.
void append_number(std::string& out, std::uint64_t number);

/// Appends a span in seconds with five decimals: "2.00000". A tick is 11 us, so sums stay true to a tick.
void append_seconds(std::string& out, media::MediaTime time);

/// Appends a setting in seconds with as few decimals as it needs, at least one: "0.35", "9.0".
void append_short_seconds(std::string& out, media::MediaTime time);

/// Appends a date as EXT-X-PROGRAM-DATE-TIME has it: "2026-05-01T12:00:00.250Z".
void append_date_time(std::string& out, WallTime time);

/// The tags that stand before the first segment in every playlist of the server, but for the sequence
/// numbers. `version` is what the rest of the playlist needs.
std::string preamble(const Settings& settings, int version);

/// EXT-X-VERSION of a playlist: 6 for EXT-X-MAP in a playlist with other than I-frames, 8 for EXT-X-GAP,
/// which came with it (some strict parsers insist), 9 for EXT-X-SKIP. The tags of low latency need none (P8).
inline constexpr int kWholeVersion = 6;
inline constexpr int kGapVersion = 8;
inline constexpr int kDeltaVersion = 9;

}  // namespace levee::hls
