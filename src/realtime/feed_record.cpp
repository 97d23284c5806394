#include "levee/realtime/feed_record.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <system_error>

namespace levee::realtime {
namespace {

constexpr std::array<std::string_view, 3> kKeyMarks{"ok", "closed", "silent"};
constexpr std::array<std::string_view, 4> kGateMarks{"shut", "syncing", "open", "gone"};

template <class Number>
bool read_number(std::string_view text, Number& out) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  return read.ec == std::errc{} && read.ptr == text.data() + text.size();
}

struct Mark {
  std::size_t state = 0;
  std::uint64_t session = 0;
};

// "STATE SESSION", STATE being one of `states`.
template <std::size_t N>
std::optional<Mark> read_mark(std::string_view text, const std::array<std::string_view, N>& states) {
  const auto space = static_cast<std::size_t>(std::ranges::find(text, ' ') - text.begin());
  const auto state = std::ranges::find(states, text.substr(0, space));
  Mark mark{static_cast<std::size_t>(state - states.begin()), 0};
  if (state == states.end() || space >= text.size()) return {};
  if (!read_number(text.substr(space + 1), mark.session)) return {};
  return mark;
}

// "[TTL,VALUE]".
bool read_body(std::string_view text, FeedKey& key) {
  const auto comma = static_cast<std::size_t>(std::ranges::find(text, ',') - text.begin());
  if (comma < 2 || comma + 1 >= text.size() || text.front() != '[' || text.back() != ']') return false;
  std::int64_t ttl = 0;
  if (!read_number(text.substr(1, comma - 1), ttl) || ttl < 0) return false;
  key.ttl = std::chrono::milliseconds{ttl};
  key.body = text.substr(comma + 1, text.size() - comma - 2);
  return !key.body.empty();
}

}  // namespace

bool is_feed_key(std::string_view key) {
  return !key.empty() && key.size() <= kMaxFeedKey && std::ranges::all_of(key, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.' || c == '/';
  });
}

std::string feed_mark(KeyMark mark, std::uint64_t session) {
  return std::string{kKeyMarks[static_cast<std::size_t>(mark)]} + ' ' + std::to_string(session);
}

Record to_record(const FeedKey& key) {
  return {key.key, key.version, key.time_ms, feed_mark(key.mark, key.session),
          '[' + std::to_string(key.ttl.count()) + ',' + key.body + ']'};
}

Record to_record(const FeedGate& gate) {
  return {std::string{kGateKey}, gate.version, gate.time_ms,
          std::string{kGateMarks[static_cast<std::size_t>(gate.state)]} + ' ' + std::to_string(gate.session),
          "[]"};
}

std::optional<std::variant<FeedKey, FeedGate>> from_record(const Record& record) {
  if (record.key == kGateKey) {
    const auto mark = read_mark(record.mark, kGateMarks);
    if (!mark) return {};
    return FeedGate{record.version, record.time_ms, static_cast<GateState>(mark->state), mark->session};
  }
  const auto mark = read_mark(record.mark, kKeyMarks);
  FeedKey key{record.key, record.version, record.time_ms, {}, KeyMark::none, 0, {}};
  if (!mark || !is_feed_key(record.key) || !read_body(record.body, key)) return {};
  key.mark = static_cast<KeyMark>(mark->state);
  key.session = mark->session;
  return key;
}

}  // namespace levee::realtime
