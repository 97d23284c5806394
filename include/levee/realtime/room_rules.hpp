#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "levee/realtime/identity.hpp"
#include "levee/realtime/message.hpp"
#include "levee/realtime/wire.hpp"

namespace levee::realtime {

/// Who may write into a `log`, and how often: what its moderators said. Kept by the bus beside the log, so
/// that it holds on all nodes from the moment of the answer. Moderators and the streamer are bound by none of
/// it.
///
/// Limits: kMaxBans; with more, those that end first are dropped. Thread: one at a time. Time: pure.
class RoomRules {
 public:
  static constexpr std::size_t kMaxBans = 10'000;

  /// Why the publication is refused; nothing when it may be made, and then its sender's next wait begins.
  std::optional<Refusal> check(const Publication& publication, std::int64_t now_ms);
  void apply(const RuleChange& change, std::int64_t now_ms);

  /// What newcomers are told: `{"slow":10,"only":"users"}`; empty when nothing is set.
  std::string text() const;
  bool empty() const { return bans_.empty() && text().empty(); }

  /// The rules as changes, from which they can be made again.
  std::vector<RuleChange> changes(std::int64_t now_ms) const;

 private:
  void forget_ended(std::int64_t now_ms);

  std::int64_t slow_ms_ = 0;
  Standing least_ = Standing::guest;
  std::unordered_map<std::string, std::int64_t> bans_;   ///< until when
  std::unordered_map<std::string, std::int64_t> waits_;  ///< slow mode: until when
};

/// What of the rules a moderator's action changes; nothing when it is about messages alone.
std::optional<RuleChange> rule_change(const Moderation& moderation);

/// The rules of a `log` as newcomers are told; empty when nothing is set.
std::string encode_rules(std::int64_t slow_s, Standing least);

/// Reads what encode_rules wrote.
std::pair<std::int64_t, Standing> decode_rules(std::string_view text);

/// What `who` of the protocol means: "all", "users", "followers", "moderators".
std::optional<Standing> least_standing(std::string_view who);
std::string_view who_may_write(Standing least);

}  // namespace levee::realtime
