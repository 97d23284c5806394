#include "levee/hls/multivariant.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "hls/playlist_text.hpp"

namespace levee::hls {
namespace {

/// Room above the measured peak for the segments to come (M9), in steps so that the numbers keep still.
std::uint64_t peak_bandwidth(const RenditionView& rendition) {
  constexpr std::uint64_t kStep = 10'000;
  const auto measured = (std::uint64_t{rendition.bandwidth()} * 11 / 10 + kStep - 1) / kStep * kStep;
  return std::max<std::uint64_t>({measured, rendition.info().nominal_bandwidth, 1});
}

void append_frame_rate(std::string& out, double frame_rate) {
  const auto thousandths = static_cast<std::uint64_t>(std::lround(frame_rate * 1000));
  append_number(out, thousandths / 1000);
  out += '.';
  const auto digits = std::to_string(1000 + thousandths % 1000);
  out.append(digits, 1, 3);
}

void append_variant(std::string& out, const RenditionView& rendition, std::string_view prefix) {
  const auto& info = rendition.info();
  const auto bandwidth = peak_bandwidth(rendition);
  out += "#EXT-X-STREAM-INF:BANDWIDTH=";
  append_number(out, bandwidth);
  const auto average =
      rendition.average_bandwidth() != 0 ? rendition.average_bandwidth() : info.nominal_bandwidth;
  if (average != 0) {
    out += ",AVERAGE-BANDWIDTH=";
    append_number(out, std::min<std::uint64_t>(average, bandwidth));
  }
  if (!info.codecs.empty()) out += ",CODECS=\"" + info.codecs + "\"";
  if (info.width != 0 && info.height != 0) {
    out += ",RESOLUTION=";
    append_number(out, info.width);
    out += 'x';
    append_number(out, info.height);
    if (info.frame_rate > 0) {
      out += ",FRAME-RATE=";
      append_frame_rate(out, info.frame_rate);
    }
  }
  out += '\n';
  out += prefix;
  out += info.name;
  out += "/index.m3u8\n";
}

}  // namespace

std::string multivariant_playlist(std::span<const std::shared_ptr<const RenditionView>> renditions,
                                  std::string_view prefix) {
  std::string out = "#EXTM3U\n";
  const auto independent = [](const auto& each) { return !each->offered() || each->independent_segments(); };
  if (std::ranges::all_of(renditions, independent)) out += "#EXT-X-INDEPENDENT-SEGMENTS\n";
  for (const auto& each : renditions) {
    if (each->offered()) append_variant(out, *each, prefix);
  }
  return out;
}

}  // namespace levee::hls
