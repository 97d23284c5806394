#include "realtime/wire_moderation.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "levee/realtime/room_rules.hpp"
#include "levee/realtime/text_rules.hpp"

namespace levee::realtime {
namespace {

using Json = nlohmann::json;
using What = Moderation::What;

constexpr std::array<std::string_view, 7> kNames{"delete", "timeout", "ban",  "unban",
                                                 "slow",   "only",    "clear"};
constexpr std::size_t kMaxUser = 64;

bool read_whole(const Json& json, const char* name, std::int64_t least, std::int64_t most,
                std::int64_t& out) {
  const auto found = json.find(name);
  if (found == json.end() || !found->is_number_integer()) return false;
  out = found->get<std::int64_t>();
  return out >= least && out <= most;
}

bool read_user(const Json& json, Moderation& moderation) {
  const auto found = json.find("u");
  if (found == json.end() || !found->is_string()) return false;
  moderation.user = found->get<std::string>();
  return is_identifier(moderation.user, kMaxUser);
}

bool read_fields(const Json& json, Moderation& moderation) {
  switch (moderation.what) {
    case What::remove: {
      std::int64_t offset = 0;
      const bool read = read_whole(json, "o", 1, std::int64_t{1} << 53, offset);
      moderation.offset = static_cast<std::uint64_t>(offset);
      return read;
    }
    case What::timeout:
      return read_user(json, moderation) && read_whole(json, "s", 1, kMaxTimeout, moderation.seconds);
    case What::ban:
    case What::unban:
      return read_user(json, moderation);
    case What::slow:
      return read_whole(json, "s", 0, kMaxSlow, moderation.seconds);
    case What::only: {
      const auto who = json.find("who");
      const auto least =
          who != json.end() && who->is_string() ? least_standing(who->get<std::string>()) : std::nullopt;
      moderation.least = least.value_or(Standing::guest);
      return least.has_value();
    }
    case What::clear:
      return true;
  }
  return false;
}

}  // namespace

std::optional<Moderation> moderation_of(const Json& json, const char* name) {
  const auto what = json.find(name);
  if (what == json.end() || !what->is_string()) return {};
  const auto known = std::ranges::find(kNames, what->get<std::string>());
  if (known == kNames.end()) return {};
  Moderation moderation;
  moderation.what = static_cast<What>(known - kNames.begin());
  if (!read_fields(json, moderation)) return {};
  return moderation;
}

std::optional<Moderation> decode_moderation(std::string_view body) {
  if (!body.starts_with(R"({"mod":)")) return {};
  const Json json = Json::parse(body, nullptr, false);
  return json.is_object() ? moderation_of(json, "mod") : std::nullopt;
}

std::string encode_moderation(const Moderation& moderation, std::string_view by) {
  std::string out = R"({"mod":")" + std::string{kNames[static_cast<std::size_t>(moderation.what)]} + '"';
  // Users and moderators are identifiers: nothing in them needs to be escaped.
  if (!moderation.user.empty()) out += R"(,"u":")" + moderation.user + '"';
  if (moderation.what == What::remove) out += R"(,"o":)" + std::to_string(moderation.offset);
  if (moderation.what == What::timeout || moderation.what == What::slow)
    out += R"(,"s":)" + std::to_string(moderation.seconds);
  if (moderation.what == What::only)
    out += R"(,"who":")" + std::string{who_may_write(moderation.least)} + '"';
  return out + R"(,"by":")" + std::string{by} + R"("})";
}

}  // namespace levee::realtime
