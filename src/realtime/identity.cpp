#include "levee/realtime/identity.hpp"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "levee/realtime/error.hpp"
#include "levee/realtime/text_rules.hpp"

namespace levee::realtime {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 5> kStandings{"guest", "viewer", "follower", "moderator", "streamer"};
constexpr std::int64_t kSkewMs = 60'000;
constexpr std::size_t kMaxUser = 64;
constexpr std::size_t kMaxGrants = 64;
// Until the year 5138: far enough, and its milliseconds fit.
constexpr double kMaxSeconds = 1e11;

std::optional<Standing> standing_of(const Json& json) {
  if (!json.is_string()) return {};
  const auto found = std::ranges::find(kStandings, json.get<std::string>());
  if (found == kStandings.end()) return {};
  return static_cast<Standing>(found - kStandings.begin());
}

// A claim in seconds since 1970, as ms; nothing when it is not there. False: it is something else.
bool read_time(const Json& claims, const char* name, std::optional<std::int64_t>& out) {
  const auto found = claims.find(name);
  if (found == claims.end()) return true;
  if (!found->is_number()) return false;
  const auto seconds = found->get<double>();
  if (!(seconds >= 0 && seconds <= kMaxSeconds)) return false;
  out = static_cast<std::int64_t>(seconds * 1000);
  return true;
}

bool read_standings(const Json& claims, Identity& identity) {
  identity.standing = Standing::viewer;
  if (const auto role = claims.find("role"); role != claims.end()) {
    const auto standing = standing_of(*role);
    if (!standing) return false;
    identity.standing = *standing;
  }
  const auto follower = claims.find("follower");
  if (follower != claims.end() && *follower == true)
    identity.standing = std::max(identity.standing, Standing::follower);
  const auto roles = claims.find("roles");
  if (roles == claims.end()) return true;
  if (!roles->is_object() || roles->size() > kMaxGrants) return false;
  for (const auto& [channel, role] : roles->items()) {
    const auto standing = standing_of(role);
    if (!standing) return false;
    identity.standings.emplace_back(channel, *standing);
  }
  return true;
}

bool read_grants(const Json& claims, Identity& identity) {
  const auto grants = claims.find("pub");
  if (grants == claims.end()) return true;
  if (!grants->is_array() || grants->size() > kMaxGrants) return false;
  for (const auto& grant : *grants) {
    if (!grant.is_string()) return false;
    identity.publishes.push_back(grant.get<std::string>());
  }
  return true;
}

bool read_names(const Json& claims, Identity& identity) {
  const auto user = claims.find("sub");
  if (user == claims.end() || !user->is_string()) return false;
  identity.user = user->get<std::string>();
  if (!is_identifier(identity.user, kMaxUser)) return false;
  const auto name = claims.find("name");
  if (name == claims.end()) return true;
  if (!name->is_string()) return false;
  identity.nickname = name->get<std::string>();
  return !check_nickname(identity.nickname);
}

}  // namespace

std::string_view to_string(Standing standing) { return kStandings[static_cast<std::size_t>(standing)]; }

Standing Identity::standing_in(std::string_view channel) const {
  const auto own = std::ranges::find(standings, channel, &std::pair<std::string, Standing>::first);
  return own == standings.end() ? standing : own->second;
}

bool Identity::may_publish(std::string_view channel) const {
  const auto all = std::string{channel.substr(0, channel.find(':'))} + ":*";
  return std::ranges::any_of(publishes,
                             [&](const std::string& grant) { return grant == channel || grant == all; });
}

Result<Identity> decode_claims(std::string_view json, std::int64_t now_ms) {
  const Json claims = Json::parse(json, nullptr, false);
  if (!claims.is_object()) return Errc::bad_token;
  std::optional<std::int64_t> expires;
  std::optional<std::int64_t> begins;
  std::optional<std::int64_t> issued;
  if (!read_time(claims, "exp", expires) || !read_time(claims, "nbf", begins) ||
      !read_time(claims, "iat", issued) || !expires)
    return Errc::bad_token;
  if (now_ms >= *expires + kSkewMs || now_ms + kSkewMs < begins.value_or(0) ||
      now_ms + kSkewMs < issued.value_or(0))
    return Errc::bad_token;
  Identity identity;
  identity.expires_ms = *expires;
  if (!read_names(claims, identity) || !read_standings(claims, identity) || !read_grants(claims, identity))
    return Errc::bad_token;
  return identity;
}

std::string encode_claims(const Identity& identity) {
  Json claims{{"sub", identity.user},
              {"exp", static_cast<double>(identity.expires_ms) / 1000},
              {"role", to_string(identity.standing)}};
  if (!identity.nickname.empty()) claims["name"] = identity.nickname;
  for (const auto& [channel, standing] : identity.standings) claims["roles"][channel] = to_string(standing);
  if (!identity.publishes.empty()) claims["pub"] = identity.publishes;
  return claims.dump();
}

}  // namespace levee::realtime
