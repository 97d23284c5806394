#include "levee/realtime/channel.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "levee/realtime/text_rules.hpp"

namespace levee::realtime {
namespace {

constexpr std::array<std::pair<std::string_view, Kind>, 6> kPrefixes{{
    {"chat", Kind::log},
    {"count", Kind::value},
    {"status", Kind::value},
    {"presence", Kind::set},
    {"feed", Kind::state},
    {"track", Kind::track},
}};

}  // namespace

Result<Channel> parse_channel(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return Errc::unknown_channel;
  const auto prefix = text.substr(0, colon);
  const auto name = text.substr(colon + 1);
  const auto known = std::ranges::find(kPrefixes, prefix, &std::pair<std::string_view, Kind>::first);
  if (known == kPrefixes.end() || !is_identifier(name, kMaxChannelName)) return Errc::unknown_channel;
  return Channel{known->second, prefix, name};
}

}  // namespace levee::realtime
