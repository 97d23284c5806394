#include "levee/hls/media_uri.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace levee::hls {
namespace {

struct Form {
  MediaUri::Kind kind;
  char letter;
  std::string_view extension;
};

constexpr Form kForms[] = {{MediaUri::Kind::init, 'i', ".mp4"},
                           {MediaUri::Kind::segment, 's', ".m4s"},
                           {MediaUri::Kind::part, 'p', ".m4s"}};

constexpr std::size_t kLongestId = 64;

bool is_id_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  std::uint64_t number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || rest != text.data() + text.size()) return std::nullopt;
  if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
  return number;
}

}  // namespace

std::string to_string(const MediaUri& uri) {
  const auto& form = *std::ranges::find(kForms, uri.kind, &Form::kind);
  std::string text{uri.stream_id};
  text += '-';
  text += form.letter;
  text += std::to_string(uri.number);
  text += form.extension;
  return text;
}

std::optional<MediaUri> parse_media_uri(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos || dash == 0 || dash > kLongestId) return std::nullopt;
  const auto id = text.substr(0, dash);
  if (!std::ranges::all_of(id, is_id_character)) return std::nullopt;

  const auto rest = text.substr(dash + 1);
  for (const auto& form : kForms) {
    if (!rest.starts_with(form.letter) || !rest.ends_with(form.extension)) continue;
    const auto number = parse_number(rest.substr(1, rest.size() - 1 - form.extension.size()));
    if (!number) return std::nullopt;
    return MediaUri{.stream_id = id, .kind = form.kind, .number = *number};
  }
  return std::nullopt;
}

}  // namespace levee::hls
