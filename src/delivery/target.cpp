#include "levee/delivery/target.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace levee::delivery {
namespace {

constexpr std::string_view kPlaylistFile = "index.m3u8";
constexpr std::size_t kMaxSegments = 6;
constexpr std::size_t kMaxTokenLength = 64;

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_token(std::string_view text) {
  return !text.empty() && text.size() <= kMaxTokenLength && std::all_of(text.begin(), text.end(), [](char c) {
    return is_alphanumeric(c) || c == '_' || c == '-';
  });
}

/// "http://host/path" is the same as "/path" to an origin.
std::string_view origin_form(std::string_view target) {
  for (const std::string_view scheme : {std::string_view{"http://"}, std::string_view{"https://"}}) {
    if (!target.starts_with(scheme)) continue;
    const auto slash = target.find('/', scheme.size());
    return slash == std::string_view::npos ? std::string_view{"/"} : target.substr(slash);
  }
  return target;
}

struct Path {
  std::array<std::string_view, kMaxSegments> segments;
  std::size_t count = 0;  ///< kMaxSegments + 1: too many
};

Path split(std::string_view path) {
  Path out;
  path.remove_prefix(1);
  for (;;) {
    const auto slash = path.find('/');
    if (out.count == kMaxSegments) {
      ++out.count;
      return out;
    }
    out.segments[out.count++] = path.substr(0, slash);
    if (slash == std::string_view::npos) return out;
    path.remove_prefix(slash + 1);
  }
}

Target::Kind live_target(const Path& path, Target& target) {
  const auto& s = path.segments;
  if (path.count < 3 || !is_name(s[1])) return Target::Kind::unknown;
  target.stream = s[1];
  if (path.count == 3) return s[2] == kPlaylistFile ? Target::Kind::multivariant : Target::Kind::unknown;

  if (path.count == 5 && s[2] == "v" && is_token(s[3]) && s[4] == kPlaylistFile) {
    target.token = s[3];
    return Target::Kind::multivariant;
  }
  std::size_t rendition = 2;
  if (path.count == 6 && s[2] == "v" && is_token(s[3])) {
    target.token = s[3];
    rendition = 4;
  } else if (path.count != 4) {
    return Target::Kind::unknown;
  }
  if (!is_name(s[rendition])) return Target::Kind::unknown;
  target.rendition = s[rendition];
  target.file = s[rendition + 1];
  return target.file == kPlaylistFile ? Target::Kind::playlist : Target::Kind::media;
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// Takes what stands before `separator` off the front of `rest`.
std::string_view take_until(std::string_view& rest, char separator) {
  const auto end = rest.find(separator);
  const auto taken = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  return taken;
}

/// Whether a q-value is above zero: "0", "0.", "0.0" and so on are not.
bool is_positive_weight(std::string_view weight) {
  return weight.find_first_of("123456789") != std::string_view::npos;
}

}  // namespace

bool is_name(std::string_view text) { return is_token(text) && is_alphanumeric(text.front()); }

Target parse_target(std::string_view text) {
  Target target;
  text = origin_form(text);
  const auto question = text.find('?');
  target.path = text.substr(0, question);
  if (question != std::string_view::npos) target.query = text.substr(question + 1);
  if (!target.path.starts_with('/')) return target;
  if (target.path == "/") {
    target.kind = Target::Kind::index_page;
    return target;
  }

  const Path path = split(target.path);
  const std::string_view first = path.segments[0];
  if (first == "live" && path.count <= kMaxSegments) {
    target.kind = live_target(path, target);
  } else if (first == "assets" && path.count >= 2) {
    target.kind = Target::Kind::asset;
  } else if (first == "watch" && path.count == 2 && is_name(path.segments[1])) {
    target.kind = Target::Kind::watch_page;
    target.stream = path.segments[1];
  } else if (first == "map" && path.count == 2 && is_name(path.segments[1])) {
    target.kind = Target::Kind::map_page;
    target.stream = path.segments[1];
  } else if (first == "report" && path.count == 2 && is_name(path.segments[1])) {
    target.kind = Target::Kind::report_page;
    target.stream = path.segments[1];
  } else if (target.path == "/api/v1/live") {
    target.kind = Target::Kind::live_list;
  } else if (target.path.starts_with("/api/v1/feeds/") && path.count == 4) {
    target.kind = Target::Kind::feed;
    target.file = path.segments[3];
  } else if (target.path.starts_with("/api/v1/tracks/") && path.count == 5) {
    target.kind = Target::Kind::trail;
    target.stream = path.segments[3];
    target.file = path.segments[4];
  } else if (target.path == "/healthz") {
    target.kind = Target::Kind::health;
  } else if (target.path == "/readyz") {
    target.kind = Target::Kind::readiness;
  } else if (target.path == "/rt") {
    target.kind = Target::Kind::realtime;
  }
  return target;
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.front() == '-') return std::nullopt;
  return static_cast<std::uint64_t>(value);
}

std::string_view query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    auto value = take_until(query, '&');
    if (take_until(value, '=') == name) return value;
  }
  return {};
}

PlaylistQueryResult parse_playlist_query(std::string_view query) {
  PlaylistQueryResult result;
  bool has_skip = false;
  while (!query.empty()) {
    auto value = take_until(query, '&');
    const auto name = take_until(value, '=');
    if (name == "_HLS_msn" || name == "_HLS_part") {
      auto& number = name == "_HLS_msn" ? result.query.msn : result.query.part;
      if (number) return {{}, "a delivery directive may be given once"};
      number = parse_number(value);
      if (!number) return {{}, "_HLS_msn and _HLS_part take a decimal integer"};
    } else if (name == "_HLS_skip") {
      if (has_skip) return {{}, "a delivery directive may be given once"};
      has_skip = true;
      result.query.skip = value == "YES" || value == "v2";
    }
  }
  if (result.query.part && !result.query.msn) return {{}, "_HLS_part needs _HLS_msn"};
  return result;
}

boost::system::result<ByteRange, RangeFault> parse_range(std::string_view field, std::uint64_t size) {
  field = trimmed(field);
  if (!field.starts_with("bytes=")) return RangeFault::ignore;
  auto end_text = trimmed(field.substr(6));
  if (end_text.find('-') == std::string_view::npos) return RangeFault::ignore;
  const auto begin_text = take_until(end_text, '-');
  const auto begin = parse_number(begin_text);
  const auto end = parse_number(end_text);

  if (begin_text.empty()) {
    if (!end) return RangeFault::ignore;
    if (*end == 0 || size == 0) return RangeFault::unsatisfiable;
    return ByteRange{size - std::min(*end, size), size - 1};
  }
  if (!begin || (!end && !end_text.empty()) || (end && *end < *begin)) return RangeFault::ignore;
  if (*begin >= size) return RangeFault::unsatisfiable;
  return ByteRange{*begin, end ? std::min(*end, size - 1) : size - 1};
}

bool accepts_gzip(std::string_view field) {
  bool any = false;
  while (!field.empty()) {
    auto parameters = take_until(field, ',');
    const auto coding = trimmed(take_until(parameters, ';'));
    const auto weight = trimmed(parameters);
    const bool accepted =
        !(weight.starts_with("q=") || weight.starts_with("Q=")) || is_positive_weight(weight.substr(2));
    if (coding == "gzip" || coding == "x-gzip" || coding == "GZIP") return accepted;
    if (coding == "*") any = accepted;
  }
  return any;
}

}  // namespace levee::delivery
