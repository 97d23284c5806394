#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "levee/realtime/feed_record.hpp"
#include "levee/realtime/feed_view.hpp"

namespace levee::realtime {

/// What a source says of one key.
struct FeedItem {
  std::string key;
  std::uint64_t sequence = 0;
  std::optional<std::int64_t>
      time_ms;  ///< of the value; left out: of its receipt. A later one counts as that
  std::chrono::milliseconds ttl = kFeedTtl;
  bool closed = false;              ///< there is nothing to trade
  std::optional<std::string> body;  ///< JSON; may be left out when closed: the value stays what it was
};

/// A source session of a feed, on the node that the source speaks to: turns what the source says into records
/// for the bus. Which of them count, the bus decides: only those with a greater (epoch, sequence) than their
/// key has. So an old session can say what it wants: its gate is older than the new one's, and its keys are
/// those of another session.
///
/// Time: pure.
class FeedSession {
 public:
  /// Begins a session that is newer than what `view` has. `epoch` is the source's.
  /// Errors: Errc::newer_source: a source that started later has the feed.
  static Result<FeedSession> begin(std::uint64_t epoch, const FeedView& view, std::int64_t wall_ms);

  /// Goes on with the session that the feed is in, or begins one: for a source that has no connection and
  /// says something now and then. What it says is `synced` by itself. Errors: Errc::newer_source.
  static Result<FeedSession> join(std::uint64_t epoch, const FeedView& view, std::int64_t wall_ms);
  /// Whether it goes on with a session.
  bool is_synced() const { return synced_; }

  /// All keys are stale from this record on.
  Record open(std::int64_t wall_ms) { return gate(GateState::syncing, wall_ms); }
  /// The value, and when it revives a silent key, that the source is there.
  void say(const FeedItem& item, const FeedView& view, std::int64_t wall_ms, std::vector<Record>& out);
  /// All has been said.
  Record synced(std::int64_t wall_ms);
  /// All that was said is as it was. Nothing before `synced`.
  std::optional<Record> alive(std::int64_t wall_ms);
  /// The connection is lost.
  Record gone(std::int64_t wall_ms) { return gate(GateState::gone, wall_ms); }

  /// Whether another session has the feed by now.
  bool replaced(const FeedView& view) const {
    return view.gate().session != number_ && view.gate().version > Version{epoch_, number_};
  }
  /// Jumps in the source's numbers: it counts all keys in one, or each by itself.
  std::size_t gaps() const { return gaps_; }

 private:
  FeedSession(std::uint64_t epoch, std::uint64_t number) : epoch_{epoch}, number_{number}, next_{number} {}
  Record gate(GateState state, std::int64_t wall_ms);
  void count_gap(const FeedItem& item);

  std::uint64_t epoch_;
  std::uint64_t number_;
  std::uint64_t next_;
  bool synced_ = false;
  std::size_t gaps_ = 0;
  std::uint64_t last_ = 0;
  std::unordered_map<std::string, std::uint64_t> last_of_;  ///< kMaxKeys of them
};

}  // namespace levee::realtime
