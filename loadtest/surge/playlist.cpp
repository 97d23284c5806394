#include "surge/playlist.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace levee::surge {
namespace {

Duration seconds_of(std::string_view text) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  if (!std::isfinite(value) || value < 0 || value > 1e6) return {};
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(value));
}

std::uint64_t number_of(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// The value of an attribute of a tag's list, without its quotes; empty where it is missing.
std::string_view attribute(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    const auto equals = list.find('=');
    if (equals == std::string_view::npos) return {};
    const auto key = list.substr(0, equals);
    list.remove_prefix(equals + 1);
    std::string_view value;
    if (list.starts_with('"')) {
      const auto quote = list.find('"', 1);
      value = list.substr(1, quote == std::string_view::npos ? quote : quote - 1);
      list.remove_prefix(quote == std::string_view::npos ? list.size() : quote + 1);
    } else {
      value = list.substr(0, list.find(','));
      list.remove_prefix(value.size());
    }
    if (key == name) return value;
    if (list.starts_with(',')) list.remove_prefix(1);
    while (list.starts_with(' ')) list.remove_prefix(1);
  }
  return {};
}

// Days since 1970-01-01 of a day of the Gregorian calendar.
std::chrono::sys_days day_of(std::string_view date) {
  using namespace std::chrono;
  const auto part = [&](std::size_t at, std::size_t size) { return number_of(date.substr(at, size)); };
  return sys_days{year{static_cast<int>(part(0, 4))} / static_cast<int>(part(5, 2)) /
                  static_cast<int>(part(8, 2))};
}

// ISO 8601 as EXT-X-PROGRAM-DATE-TIME has it: 2026-11-25T22:45:17.123Z, or with an offset.
std::optional<WallTime> date_time(std::string_view text) {
  using namespace std::chrono;
  if (text.size() < 19 || text[10] != 'T') return {};
  auto time = time_point_cast<WallTime::duration>(WallTime{day_of(text)});
  time += hours{number_of(text.substr(11, 2))} + minutes{number_of(text.substr(14, 2))};
  const auto zone = text.find_first_of("Z+-", 17);
  time += duration_cast<WallTime::duration>(seconds_of(text.substr(17, zone - 17)));
  if (zone != std::string_view::npos && text[zone] != 'Z' && text.size() >= zone + 5) {
    const auto colon = text[zone + 3] == ':' ? 4u : 3u;
    const auto offset =
        hours{number_of(text.substr(zone + 1, 2))} + minutes{number_of(text.substr(zone + colon, 2))};
    time += text[zone] == '+' ? -offset : offset;
  }
  return time;
}

class MediaReader {
 public:
  void tag(std::string_view name, std::string_view value) {
    if (name == "EXTINF") {
      current_.duration = seconds_of(value);
    } else if (name == "EXT-X-PART") {
      part(value);
    } else if (name == "EXT-X-PROGRAM-DATE-TIME") {
      next_begins_ = date_time(value);
      current_.begins = next_begins_;
    } else if (name == "EXT-X-MAP") {
      map(attribute(value, "URI"));
    } else if (name == "EXT-X-GAP") {
      current_.gap = true;
    } else if (name == "EXT-X-DISCONTINUITY") {
      next_begins_.reset();  // a new date follows, or none
    } else {
      header(name, value);
    }
  }

  void uri(std::string_view line) {
    current_.uri = line;
    close_segment();
  }

  std::shared_ptr<const MediaPlaylist> finish() {
    if (!current_.parts.empty()) {
      current_.duration = parts_duration_;
      close_segment();
    }
    playlist_->first_sequence = playlist_->window_sequence + skipped_;
    return std::move(playlist_);
  }

 private:
  void header(std::string_view name, std::string_view value) {
    if (name == "EXT-X-TARGETDURATION") {
      playlist_->target = seconds_of(value);
    } else if (name == "EXT-X-MEDIA-SEQUENCE") {
      playlist_->window_sequence = number_of(value);
    } else if (name == "EXT-X-SKIP") {
      skipped_ = number_of(attribute(value, "SKIPPED-SEGMENTS"));
    } else if (name == "EXT-X-ENDLIST") {
      playlist_->ended = true;
    } else if (name == "EXT-X-PART-INF") {
      playlist_->part_target = seconds_of(attribute(value, "PART-TARGET"));
    } else if (name == "EXT-X-SERVER-CONTROL") {
      playlist_->can_block = attribute(value, "CAN-BLOCK-RELOAD") == "YES";
      playlist_->part_hold_back = seconds_of(attribute(value, "PART-HOLD-BACK"));
      playlist_->hold_back = seconds_of(attribute(value, "HOLD-BACK"));
      playlist_->can_skip_until = seconds_of(attribute(value, "CAN-SKIP-UNTIL"));
    }
  }

  void part(std::string_view list) {
    ListedPart part;
    part.uri = attribute(list, "URI");
    part.duration = seconds_of(attribute(list, "DURATION"));
    part.independent = attribute(list, "INDEPENDENT") == "YES";
    parts_duration_ += part.duration;
    current_.parts.push_back(std::move(part));
  }

  void map(std::string_view uri) {
    auto& maps = playlist_->maps;
    auto known = std::find(maps.begin(), maps.end(), uri);
    if (known == maps.end()) known = maps.insert(maps.end(), std::string{uri});
    map_ = static_cast<std::uint32_t>(known - maps.begin());
  }

  void close_segment() {
    current_.map = map_;
    if (!current_.begins) current_.begins = next_begins_;
    if (current_.begins)
      next_begins_ = *current_.begins + std::chrono::duration_cast<WallTime::duration>(current_.duration);
    playlist_->segments.push_back(std::move(current_));
    current_ = {};
    parts_duration_ = {};
  }

  std::shared_ptr<MediaPlaylist> playlist_ = std::make_shared<MediaPlaylist>();
  ListedSegment current_;
  Duration parts_duration_{};
  std::optional<WallTime> next_begins_;
  std::uint64_t skipped_ = 0;
  std::uint32_t map_ = 0;
};

bool has_picture(std::string_view stream) {
  const auto codecs = attribute(stream, "CODECS");
  if (!attribute(stream, "RESOLUTION").empty() || codecs.empty()) return true;
  return codecs.find("avc") != std::string_view::npos || codecs.find("hvc") != std::string_view::npos ||
         codecs.find("hev") != std::string_view::npos || codecs.find("av01") != std::string_view::npos;
}

struct StreamInf {
  Variant variant;
  bool picture = true;
};

StreamInf stream_inf(std::string_view list) {
  StreamInf read;
  read.variant.bandwidth = number_of(attribute(list, "BANDWIDTH"));
  const auto resolution = attribute(list, "RESOLUTION");
  if (const auto x = resolution.find('x'); x != std::string_view::npos)
    read.variant.height = static_cast<std::uint32_t>(number_of(resolution.substr(x + 1)));
  read.picture = has_picture(list);
  return read;
}

std::shared_ptr<const MultivariantPlaylist> multivariant(std::vector<StreamInf> streams) {
  const bool any =
      std::any_of(streams.begin(), streams.end(), [](const StreamInf& one) { return one.picture; });
  auto playlist = std::make_shared<MultivariantPlaylist>();
  for (auto& one : streams) {
    if (one.picture || !any) playlist->variants.push_back(std::move(one.variant));
  }
  const auto first = playlist->variants.empty() ? std::string{} : playlist->variants.front().uri;
  std::stable_sort(playlist->variants.begin(), playlist->variants.end(),
                   [](const Variant& a, const Variant& b) { return a.bandwidth < b.bandwidth; });
  for (std::size_t i = 0; i < playlist->variants.size(); ++i) {
    if (playlist->variants[i].uri == first) playlist->listed_first = i;
  }
  return playlist;
}

}  // namespace

const ListedSegment* MediaPlaylist::find(std::uint64_t sequence) const {
  if (sequence < first_sequence || sequence >= end_sequence()) return nullptr;
  return &segments[static_cast<std::size_t>(sequence - first_sequence)];
}

ParsedPlaylist parse_playlist(std::string_view text) {
  ParsedPlaylist parsed;
  if (!text.starts_with("#EXTM3U")) return parsed;
  MediaReader media;
  std::vector<StreamInf> streams;
  std::optional<StreamInf> stream;
  bool is_media = false;
  while (!text.empty()) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with("#EXT")) {
      const auto colon = line.find(':');
      const auto name = line.substr(1, colon == std::string_view::npos ? colon : colon - 1);
      const auto value = colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 1);
      if (name == "EXT-X-STREAM-INF") stream = stream_inf(value);
      if (name == "EXT-X-TARGETDURATION") is_media = true;
      media.tag(name, value);
    } else if (!line.empty() && line.front() != '#') {
      if (stream) {
        stream->variant.uri = line;
        streams.push_back(std::move(*stream));
        stream.reset();
      } else {
        media.uri(line);
      }
    }
  }
  if (!streams.empty()) {
    parsed.multivariant = multivariant(std::move(streams));
  } else if (is_media) {
    parsed.media = media.finish();
  }
  return parsed;
}

ParsedPlaylist PlaylistCache::parse(std::string_view text) {
  constexpr std::size_t kEntries = 48;
  const auto known =
      std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.text == text; });
  if (known != entries_.end()) {
    std::rotate(entries_.begin(), known, known + 1);
    return entries_.front().parsed;
  }
  if (entries_.size() == kEntries) entries_.pop_back();
  entries_.insert(entries_.begin(), Entry{std::string{text}, parse_playlist(text)});
  return entries_.front().parsed;
}

std::string resolve_path(std::string_view base_path, std::string_view reference) {
  if (const auto scheme = reference.find("://"); scheme != std::string_view::npos) {
    const auto slash = reference.find('/', scheme + 3);
    return slash == std::string_view::npos ? "/" : std::string{reference.substr(slash)};
  }
  if (reference.starts_with('/')) return std::string{reference};
  auto folder = base_path.substr(0, base_path.find('?'));
  folder = folder.substr(0, folder.rfind('/') + 1);
  while (reference.starts_with("../")) {
    reference.remove_prefix(3);
    if (folder.size() > 1) folder = folder.substr(0, folder.rfind('/', folder.size() - 2) + 1);
  }
  return std::string{folder} + std::string{reference};
}

}  // namespace levee::surge
