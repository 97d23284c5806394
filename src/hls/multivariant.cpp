#include "levee/hls/multivariant.hpp"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

namespace levee::hls {

std::string multivariant_playlist(std::span<const std::shared_ptr<const RenditionView>> renditions,
                                  std::string_view prefix) {
  std::string out = "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-INDEPENDENT-SEGMENTS\n";
  for (const auto& rendition : renditions) {
    if (!rendition->offered()) continue;
    const RenditionInfo& info = rendition->info();
    const std::uint32_t peak = std::max({rendition->bandwidth(), info.nominal_bandwidth, 1U});
    out += fmt::format("#EXT-X-STREAM-INF:BANDWIDTH={}", peak);
    if (rendition->average_bandwidth() != 0)
      out += fmt::format(",AVERAGE-BANDWIDTH={}", std::min(rendition->average_bandwidth(), peak));
    out += fmt::format(",CODECS=\"{}\"", info.codecs);
    if (info.width != 0 && info.height != 0) out += fmt::format(",RESOLUTION={}x{}", info.width, info.height);
    if (info.frame_rate > 0) out += fmt::format(",FRAME-RATE={:.3f}", info.frame_rate);
    out += fmt::format("\n{}{}/index.m3u8\n", prefix, info.name);
  }
  return out;
}

}  // namespace levee::hls
