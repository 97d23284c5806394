#include "hls/segment.hpp"

#include <algorithm>

#include "levee/hls/media_uri.hpp"

#include "hls/playlist_text.hpp"

namespace levee::hls {
namespace {

std::string uri(const std::string& stream_id, MediaUri::Kind kind, std::uint64_t number) {
  return to_string(MediaUri{.stream_id = stream_id, .kind = kind, .number = number});
}

}  // namespace

std::uint32_t bit_rate(std::uint64_t bytes, media::MediaTime duration) {
  if (duration <= 0) return 0;
  const auto bits = static_cast<double>(bytes) * 8.0 / media::seconds(duration);
  return static_cast<std::uint32_t>(std::min(bits, 4e9));
}

std::string map_line(const InitSegment& init, const std::string& stream_id) {
  return "#EXT-X-MAP:URI=\"" + uri(stream_id, MediaUri::Kind::init, init.generation) + "\"\n";
}

Segment open_segment(const Part& part, std::uint64_t first_part, const InitSegment& init, bool names_map,
                     const std::string& stream_id) {
  Segment segment;
  segment.msn = part.msn;
  segment.first_part = first_part;
  segment.init = init;
  segment.discontinuity = part.discontinuity;
  segment.independent = part.independent || part.gap;
  if (segment.discontinuity) segment.opening += "#EXT-X-DISCONTINUITY\n";
  if (names_map && init.data) {
    segment.opening += map_line(init, stream_id);
    segment.names_map = true;
  }
  segment.opening += "#EXT-X-PROGRAM-DATE-TIME:";
  append_date_time(segment.opening, part.program_date_time);
  segment.opening += '\n';
  return segment;
}

void add_part(Segment& segment, const Part& part, const std::string& stream_id) {
  auto& line = segment.part_lines;
  line += "#EXT-X-PART:DURATION=";
  append_seconds(line, part.duration);
  line += ",URI=\"";
  line += uri(stream_id, MediaUri::Kind::part, segment.first_part + segment.parts.size());
  line += '"';
  if (part.independent && !part.gap) line += ",INDEPENDENT=YES";
  if (part.gap) line += ",GAP=YES";
  line += '\n';

  segment.parts.push_back(part.gap ? nullptr : part.data);
  segment.duration += part.duration;
  if (!part.gap) {
    segment.gap = false;
    if (part.data) segment.bytes += part.data->size();
  }
}

void close_segment(Segment& segment, const std::string& stream_id) {
  if (segment.gap) segment.closing += "#EXT-X-GAP\n";
  segment.closing += "#EXTINF:";
  append_seconds(segment.closing, segment.duration);
  segment.closing += ",\n";
  segment.closing += uri(stream_id, MediaUri::Kind::segment, segment.msn);
  segment.closing += '\n';
}

}  // namespace levee::hls
