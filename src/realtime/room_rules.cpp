#include "levee/realtime/room_rules.hpp"

#include <algorithm>
#include <limits>

#include <nlohmann/json.hpp>

#include "levee/realtime/error.hpp"

namespace levee::realtime {
namespace {

constexpr std::int64_t kForever = std::numeric_limits<std::int64_t>::max();

}  // namespace

std::optional<Refusal> RoomRules::check(const Publication& publication, std::int64_t now_ms) {
  if (publication.standing >= Standing::moderator) return {};
  const auto ban = bans_.find(publication.user);
  if (ban != bans_.end() && ban->second > now_ms)
    return Refusal{Errc::banned, ban->second == kForever ? 0 : ban->second - now_ms};
  if (publication.standing < least_) return Refusal{Errc::not_for_all, 0};
  if (slow_ms_ == 0) return {};
  auto& until = waits_[publication.user];
  if (until > now_ms) return Refusal{Errc::slow_mode, until - now_ms};
  until = now_ms + slow_ms_;
  forget_ended(now_ms);
  return {};
}

void RoomRules::apply(const RuleChange& change, std::int64_t now_ms) {
  if (change.slow_s) {
    slow_ms_ = *change.slow_s * 1000;
    waits_.clear();
  }
  if (change.least) least_ = *change.least;
  if (change.ban_s == RuleChange::kLifted) {
    bans_.erase(change.user);
  } else if (change.ban_s) {
    bans_[change.user] = change.ban_s == RuleChange::kForGood ? kForever : now_ms + *change.ban_s * 1000;
    if (bans_.size() > kMaxBans)
      bans_.erase(std::ranges::min_element(bans_, {}, [](const auto& ban) { return ban.second; }));
  }
}

void RoomRules::forget_ended(std::int64_t now_ms) {
  if (waits_.size() <= kMaxBans) return;
  std::erase_if(waits_, [&](const auto& wait) { return wait.second <= now_ms; });
  if (waits_.size() > 10 * kMaxBans) waits_.clear();
}

std::string RoomRules::text() const { return encode_rules(slow_ms_ / 1000, least_); }

std::vector<RuleChange> RoomRules::changes(std::int64_t now_ms) const {
  std::vector<RuleChange> all;
  if (slow_ms_ > 0 || least_ > Standing::guest) all.push_back({slow_ms_ / 1000, least_, {}, {}});
  for (const auto& [user, until] : bans_) {
    if (until <= now_ms) continue;
    const auto seconds = until == kForever ? RuleChange::kForGood : (until - now_ms + 999) / 1000;
    all.push_back({{}, {}, user, seconds});
  }
  return all;
}

std::optional<RuleChange> rule_change(const Moderation& moderation) {
  using What = Moderation::What;
  switch (moderation.what) {
    case What::timeout:
      return RuleChange{{}, {}, moderation.user, moderation.seconds};
    case What::ban:
      return RuleChange{{}, {}, moderation.user, RuleChange::kForGood};
    case What::unban:
      return RuleChange{{}, {}, moderation.user, RuleChange::kLifted};
    case What::slow:
      return RuleChange{moderation.seconds, {}, {}, {}};
    case What::only:
      return RuleChange{{}, moderation.least, {}, {}};
    case What::remove:
    case What::clear:
      break;
  }
  return {};
}

std::string encode_rules(std::int64_t slow_s, Standing least) {
  if (slow_s <= 0 && least == Standing::guest) return {};
  std::string out = "{";
  if (slow_s > 0) out += R"("slow":)" + std::to_string(slow_s);
  if (least > Standing::guest) {
    if (slow_s > 0) out += ',';
    out += R"("only":")" + std::string{who_may_write(least)} + '"';
  }
  return out + '}';
}

std::pair<std::int64_t, Standing> decode_rules(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return {0, Standing::guest};
  return {json.value("slow", std::int64_t{0}),
          least_standing(json.value("only", std::string{"all"})).value_or(Standing::guest)};
}

std::optional<Standing> least_standing(std::string_view who) {
  if (who == "all") return Standing::guest;
  if (who == "users") return Standing::viewer;
  if (who == "followers") return Standing::follower;
  if (who == "moderators") return Standing::moderator;
  return {};
}

std::string_view who_may_write(Standing least) {
  switch (least) {
    case Standing::guest:
      return "all";
    case Standing::viewer:
      return "users";
    case Standing::follower:
      return "followers";
    default:
      return "moderators";
  }
}

}  // namespace levee::realtime
