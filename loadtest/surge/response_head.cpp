#include "surge/response_head.hpp"

#include <charconv>

namespace levee::surge {
namespace {

constexpr std::size_t kHeadLimit = 16384;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equals_ignoring_case(std::string_view text, std::string_view lowercase) {
  if (text.size() != lowercase.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (lower(text[i]) != lowercase[i]) return false;
  }
  return true;
}

bool contains_ignoring_case(std::string_view text, std::string_view lowercase) {
  for (std::size_t i = 0; i + lowercase.size() <= text.size(); ++i) {
    if (equals_ignoring_case(text.substr(i, lowercase.size()), lowercase)) return true;
  }
  return false;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

template <class Number>
std::optional<Number> whole_number(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return number;
}

bool read_status_line(std::string_view line, ResponseHead& head) {
  if (!line.starts_with("HTTP/1.") || line.size() < 12 || line[8] != ' ') return false;
  const auto status = whole_number<unsigned>(line.substr(9, 3));
  if (!status || *status < 100) return false;
  head.status = *status;
  head.keep_alive = line[7] != '0';
  return true;
}

bool read_field(std::string_view line, ResponseHead& head) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return false;
  const auto name = line.substr(0, colon);
  const auto value = trimmed(line.substr(colon + 1));
  switch (name.size()) {
    case 10:
      if (equals_ignoring_case(name, "connection")) {
        if (contains_ignoring_case(value, "close")) head.keep_alive = false;
        if (contains_ignoring_case(value, "keep-alive")) head.keep_alive = true;
      }
      return true;
    case 11:
      if (equals_ignoring_case(name, "retry-after")) head.retry_after_s = whole_number<std::uint32_t>(value);
      return true;
    case 14:
      if (!equals_ignoring_case(name, "content-length")) return true;
      head.length_bytes = whole_number<std::uint64_t>(value);
      return head.length_bytes.has_value();
    case 17:
      if (equals_ignoring_case(name, "transfer-encoding") && contains_ignoring_case(value, "chunked"))
        head.chunked = true;
      return true;
    default:
      return true;
  }
}

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char small = lower(c);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

}  // namespace

HeadState read_head(std::string_view bytes, ResponseHead& head) {
  head = {};
  const auto end = bytes.substr(0, kHeadLimit).find("\r\n\r\n");
  if (end == std::string_view::npos)
    return bytes.size() >= kHeadLimit ? HeadState::malformed : HeadState::incomplete;
  head.size_bytes = end + 4;
  std::string_view rest = bytes.substr(0, end + 2);
  bool first = true;
  while (!rest.empty()) {
    const auto line_end = rest.find("\r\n");
    const auto line = rest.substr(0, line_end);
    rest.remove_prefix(line_end + 2);
    const bool read = first ? read_status_line(line, head) : read_field(line, head);
    if (!read) return HeadState::malformed;
    first = false;
  }
  return HeadState::complete;
}

void ChunkedBody::step(char c) {
  switch (state_) {
    case State::size:
      if (const int value = digit(c); value >= 0) {
        if (left_ >> 56 != 0) state_ = State::malformed;
        left_ = left_ << 4 | static_cast<unsigned>(value);
        digits_ = true;
        return;
      }
      state_ = digits_ ? State::extension : State::malformed;
      [[fallthrough]];
    case State::extension:
      if (c != '\n' || state_ == State::malformed) return;
      state_ = left_ > 0 ? State::content : State::trailer;
      digits_ = false;
      line_empty_ = true;
      return;
    case State::content_end:
      if (c == '\n') state_ = State::size;
      return;
    case State::trailer:
      if (c == '\n') {
        if (line_empty_) state_ = State::done;
        line_empty_ = true;
      } else if (c != '\r') {
        line_empty_ = false;
      }
      return;
    case State::content:
    case State::done:
    case State::malformed:
      return;
  }
}

}  // namespace levee::surge
