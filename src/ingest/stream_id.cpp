#include "levee/ingest/stream_id.hpp"

#include <algorithm>
#include <optional>

namespace levee::ingest {
namespace {

constexpr std::string_view kPlainPublish = "publish:";
constexpr std::string_view kKeyed = "#!::";

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

/// Nothing when a percent sign is not followed by two digits.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const auto high = hex_digit(text[i + 1]);
    const auto low = hex_digit(text[i + 2]);
    if (!high || !low) return std::nullopt;
    out += static_cast<char>(*high * 16 + *low);
    i += 2;
  }
  return out;
}

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

Result<StreamId> parse_keyed(std::string_view fields) {
  StreamId id;
  // Without a mode SRT's guidelines take the caller for one that wants to receive.
  std::string_view mode = "request";
  while (!fields.empty()) {
    const auto field = fields.substr(0, fields.find(','));
    fields.remove_prefix(std::min(field.size() + 1, fields.size()));
    const auto equals = field.find('=');
    if (equals == std::string_view::npos) return Errc::bad_stream_id;
    const auto name = field.substr(0, equals);
    const auto value = field.substr(equals + 1);
    if (name == "m") mode = value;
    if (name == "r") id.key = value;
    if (name == "u") id.user = value;
  }
  if (mode != "publish") return Errc::not_a_publisher;
  if (id.key.empty()) return Errc::bad_stream_id;
  return id;
}

}  // namespace

Result<StreamId> parse_stream_id(std::string_view text) {
  if (text.empty() || text.size() > kMaxStreamId) return Errc::bad_stream_id;
  std::string decoded;
  if (text.starts_with("%23")) {
    auto plain = percent_decoded(text);
    if (!plain) return Errc::bad_stream_id;
    decoded = std::move(*plain);
    text = decoded;
  }
  if (has_control_character(text)) return Errc::bad_stream_id;
  if (text.starts_with(kKeyed)) return parse_keyed(text.substr(kKeyed.size()));
  for (const std::string_view other : {"read:", "play:", "request:"}) {
    if (text.starts_with(other)) return Errc::not_a_publisher;
  }
  if (!text.starts_with(kPlainPublish) || text.size() == kPlainPublish.size()) return Errc::bad_stream_id;
  StreamId id;
  id.key = text.substr(kPlainPublish.size());
  return id;
}

}  // namespace levee::ingest
