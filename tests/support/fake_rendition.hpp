#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "levee/hls/rendition_view.hpp"
#include "levee/stream/stream_view.hpp"

#include "support/parts.hpp"

namespace levee::test {

/// A rendition whose state a test writes down by hand.
struct FakeRendition : hls::RenditionView {
  hls::RenditionInfo about{"480p", "avc1.64001f,mp4a.40.2", 854, 480, 30, 1'200'000};
  bool is_offered = true;
  bool has_ended = false;
  std::string whole = "#EXTM3U\n# whole\n";
  std::string delta;
  std::uint64_t newest_msn = 0;
  std::uint32_t parts = 0;
  std::uint32_t previous_parts = 0;
  std::uint64_t next = 0;
  std::map<std::uint64_t, SharedBytes> inits, part_bytes;
  std::map<std::uint64_t, std::vector<SharedBytes>> segments;

  const hls::RenditionInfo& info() const override { return about; }
  bool offered() const override { return is_offered; }
  bool ended() const override { return has_ended; }
  const std::string& playlist() const override { return whole; }
  const std::string& delta_playlist() const override { return delta; }
  std::uint64_t msn() const override { return newest_msn; }
  std::uint32_t part_count() const override { return parts; }
  std::uint32_t previous_part_count() const override { return previous_parts; }
  SharedBytes init(std::uint64_t generation) const override { return find(inits, generation); }
  SharedBytes part(std::uint64_t number) const override { return find(part_bytes, number); }
  std::vector<SharedBytes> segment(std::uint64_t msn) const override { return find(segments, msn); }
  std::uint64_t next_part() const override { return next; }
  std::uint32_t bandwidth() const override { return 0; }
  std::uint32_t average_bandwidth() const override { return 0; }

 private:
  template <class Map>
  static typename Map::mapped_type find(const Map& map, std::uint64_t key) {
    const auto found = map.find(key);
    return found == map.end() ? typename Map::mapped_type{} : found->second;
  }
};

/// A rendition with four parts a segment, as it is when `parts` parts of segment `msn` exist; all bytes since
/// the first are there. Part n of segment m is number 4 * m + n and its bytes are "m.n".
inline std::shared_ptr<FakeRendition> rendition_at(std::uint64_t msn, std::uint32_t parts,
                                                   const std::string& name = "480p") {
  constexpr std::uint32_t kParts = 4;
  auto view = std::make_shared<FakeRendition>();
  view->about.name = name;
  view->newest_msn = msn;
  view->parts = parts;
  view->previous_parts = msn == 0 ? 0 : kParts;
  view->next = msn * kParts + parts;
  view->whole = "#EXTM3U\n# " + std::to_string(msn) + "." + std::to_string(parts) + "\n";
  view->inits[0] = media_bytes("init");
  for (std::uint64_t number = 0; number < view->next; ++number) {
    const auto bytes = media_bytes(std::to_string(number / kParts) + "." + std::to_string(number % kParts));
    view->part_bytes[number] = bytes;
    if (number / kParts < msn) view->segments[number / kParts].push_back(bytes);
  }
  return view;
}

/// A live stream "show" with id "abc" and these renditions.
inline std::shared_ptr<stream::StreamView> stream_of(
    std::vector<std::shared_ptr<const hls::RenditionView>> renditions) {
  auto view = std::make_shared<stream::StreamView>();
  view->name = "show";
  view->id = "abc";
  view->state = stream::StreamState::live;
  view->started = show_start();
  view->renditions = std::move(renditions);
  return view;
}

}  // namespace levee::test
