#include "levee/realtime/track_trail.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <tuple>

#include <spdlog/fmt/fmt.h>
#include <system_error>

namespace levee::realtime {
namespace {

constexpr std::string_view kUnknown = "-";

template <class Number>
bool read(std::string_view word, Number& number) {
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  return error == std::errc{} && end == word.data() + word.size();
}

bool read(std::string_view word, std::optional<double>& number) {
  if (word == kUnknown) return true;
  return read(word, number.emplace());
}

std::string text_of(const std::optional<double>& number) {
  return number ? fmt::format("{}", *number) : std::string{kUnknown};
}

}  // namespace

std::string encode_point(const TrackPoint& point) {
  const auto& fix = point.fix;
  return fmt::format("{} {} {} {} {} {} {} {} {} {} {} {}", point.version.epoch, point.version.sequence,
                     fix.time_ms, fix.place.latitude, fix.place.longitude, fix.accuracy_m, fix.speed_mps,
                     text_of(fix.heading_deg), text_of(fix.battery_percent), to_string(fix.motion),
                     to_string(fix.source), fix.next.count());
}

std::optional<TrackPoint> decode_point(std::string_view text) {
  std::array<std::string_view, 12> words;
  for (auto& word : words) {
    word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
  }
  TrackPoint point;
  auto& fix = point.fix;
  std::int64_t next = 0;
  const auto motion = motion_of(words[9]);
  const auto source = fix_source_of(words[10]);
  const bool good = read(words[0], point.version.epoch) && read(words[1], point.version.sequence) &&
                    read(words[2], fix.time_ms) && read(words[3], fix.place.latitude) &&
                    read(words[4], fix.place.longitude) && read(words[5], fix.accuracy_m) &&
                    read(words[6], fix.speed_mps) && read(words[7], fix.heading_deg) &&
                    read(words[8], fix.battery_percent) && motion && source && read(words[11], next);
  if (!good || !text.empty()) return {};
  fix.seq = point.version.sequence;
  fix.motion = *motion;
  fix.source = *source;
  fix.next = std::chrono::milliseconds{next};
  return point;
}

void sort_by_time(std::vector<TrackPoint>& points) {
  std::ranges::sort(points, {}, [](const TrackPoint& point) {
    return std::tuple{point.fix.time_ms, point.version};
  });
}

}  // namespace levee::realtime
