#include "levee/realtime/text_rules.hpp"

#include <algorithm>
#include <cstdint>

namespace levee::realtime {
namespace {

constexpr char32_t kNotUtf8 = 0xFFFFFFFF;

// Takes the first code point off `rest`; kNotUtf8, and nothing taken, when there is none.
// Source: Unicode 15 table 3-7 (well-formed UTF-8 byte sequences).
char32_t take_code_point(std::string_view& rest) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(rest[at]); };
  const unsigned char first = byte(0);
  const std::size_t size = first < 0x80   ? 1
                           : first < 0xC2 ? 0
                           : first < 0xE0 ? 2
                           : first < 0xF0 ? 3
                           : first < 0xF5 ? 4
                                          : 0;
  if (size == 0 || rest.size() < size) return kNotUtf8;
  char32_t point = size == 1 ? first : first & (0x7Fu >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return kNotUtf8;
    point = point << 6 | (byte(i) & 0x3F);
  }
  const bool overlong = (size == 3 && point < 0x800) || (size == 4 && point < 0x10000);
  const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
  if (overlong || surrogate || point > 0x10FFFF) return kNotUtf8;
  rest.remove_prefix(size);
  return point;
}

// C0, DEL and C1.
bool is_control(char32_t point) { return point < 0x20 || (point >= 0x7F && point < 0xA0); }

bool is_line_separator(char32_t point) { return point == 0x2028 || point == 0x2029; }

// Characters that make the text after them run the other way, or overlap a neighbour's name.
bool is_direction_override(char32_t point) {
  return (point >= 0x202A && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
}

// White space, and what shows as nothing: a name of these alone could not be seen.
bool is_blank(char32_t point) {
  return point == ' ' || point == '\n' || point == 0xA0 || point == 0xAD || point == 0x1680 ||
         (point >= 0x2000 && point <= 0x200F) || is_line_separator(point) || is_direction_override(point) ||
         point == 0x202F || point == 0x205F || (point >= 0x2060 && point <= 0x2064) || point == 0x3000 ||
         point == 0x3164 || point == 0xFEFF;
}

// Whether `text` is UTF-8 of 1 to `max` code points, of which one can be seen and none is refused.
template <class Refused>
bool is_clean(std::string_view text, std::size_t max, Refused refused) {
  std::size_t count = 0;
  bool visible = false;
  while (!text.empty()) {
    const char32_t point = take_code_point(text);
    if (point == kNotUtf8 || refused(point) || ++count > max) return false;
    visible = visible || !is_blank(point);
  }
  return visible;
}

}  // namespace

std::optional<std::size_t> count_code_points(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) {
    if (take_code_point(text) == kNotUtf8) return {};
  }
  return count;
}

bool is_identifier(std::string_view text, std::size_t max_bytes) {
  return !text.empty() && text.size() <= max_bytes && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  });
}

ErrorCode check_nickname(std::string_view nickname) {
  const auto refused = [](char32_t point) {
    return is_control(point) || is_line_separator(point) || is_direction_override(point);
  };
  if (!is_clean(nickname, kMaxNickname, refused)) return Errc::bad_nickname;
  return {};
}

ErrorCode check_chat_text(std::string_view text) {
  const auto refused = [](char32_t point) { return is_control(point) && point != '\n'; };
  if (!is_clean(text, kMaxText, refused)) return Errc::bad_text;
  return {};
}

ErrorCode check_publication_id(std::string_view id) {
  if (!is_identifier(id, kMaxPublicationId)) return Errc::bad_id;
  return {};
}

}  // namespace levee::realtime
