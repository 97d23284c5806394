#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "levee/base/clock.hpp"
#include "levee/realtime/message.hpp"

namespace levee::realtime {

/// Who is here through this shard, for all `set` channels: merges joins and leaves into one change per
/// channel and tick, and holds a leave back for a while, so that a reconnect is no leave.
///
/// A member who joined twice (the new connection came before the old one was seen to be dead) has to leave
/// twice. Who leaves before the tick that would have told of them is never told of.
/// Time: pure; the tick begins with the first change.
class Roster {
 public:
  struct Settings {
    Duration tick = std::chrono::milliseconds{500};
    Duration grace = std::chrono::seconds{10};
  };

  explicit Roster(Settings settings) : settings_{settings} {}

  void join(const std::string& channel, const std::string& member, std::string info);
  /// Does nothing for who is not here.
  void change_info(const std::string& channel, const std::string& member, std::string info);
  void leave(const std::string& channel, const std::string& member);

  /// What the others are to be told now.
  std::vector<std::pair<std::string, MemberChanges>> take_changes(TimePoint now);

  /// When `take_changes` has something to do. Not yet set by the first change of a tick: `has_news`.
  std::optional<TimePoint> deadline() const;
  /// Whether a tick is to begin: `take_changes` begins it.
  bool has_news() const { return !news_.empty() && !tick_at_; }

 private:
  struct Entry {
    std::string info;
    std::optional<std::string> told;  ///< the info that the others have
    std::size_t joins = 0;
    TimePoint leaves_at{};  ///< with no join left, once it is known
  };
  struct Leaving {
    TimePoint at;
    std::string channel;
    std::string member;
  };
  using Name = std::pair<std::string, std::string>;
  using Changes = std::unordered_map<std::string, MemberChanges>;

  Entry* find(const std::string& channel, const std::string& member);
  void erase(const Name& name);
  void tell(const Name& name, TimePoint now, Changes& changes);
  void tell_leaves(TimePoint now, Changes& changes);

  Settings settings_;
  std::unordered_map<std::string, std::unordered_map<std::string, Entry>> channels_;
  std::vector<Name> news_;  ///< since the last tick
  std::deque<Leaving> leaving_;
  std::optional<TimePoint> tick_at_;
};

}  // namespace levee::realtime
