#pragma once

#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "levee/realtime/token_bucket.hpp"
#include "levee/realtime/topic.hpp"
#include "levee/realtime/wire.hpp"

namespace levee::realtime {

/// Policy of a `log`: every message once and in order. Keeps the channel's newest messages as frames: who is
/// behind is served from these, and told of a gap when they don't reach back.
///
/// Above the rate that one can read, a part of what is said goes to everybody, evenly picked, and each such
/// frame tells how many before it were left out. Moderators' messages always go, and everyone gets its own;
/// who comes back is given all it missed.
class LogTopic final : public Topic {
 public:
  using Topic::Topic;

  void reset(const Snapshot& snapshot, TimePoint now) override;
  bool apply(const MessagePtr& message, TimePoint now) override;
  bool prepare(TimePoint now) override;
  Start start(const std::optional<Position>& since, Cursor& cursor, TimePoint now) override;
  bool give(Cursor& cursor, FrameSink& sink, std::string_view reader) override;

 private:
  struct Entry {
    std::uint64_t offset = 0;
    SharedBytes frame;  ///< for who was given `after` last
    TimePoint added;
    MessagePtr message;
    std::uint64_t after = 0;
    bool left_out = false;  ///< above the rate
  };

  void append(const MessagePtr& message, TimePoint now);
  void expire(TimePoint now);
  /// Takes messages back and notes rules, as a moderator's message says.
  void moderate(const Moderation& moderation);
  template <class Wanted>
  void take_back(Wanted wanted);
  /// Decides which of the new messages go to everybody.
  void pick(TimePoint now);
  std::size_t allowance(std::size_t wanted, TimePoint now);
  bool is_for(const Entry& entry, const Cursor& cursor, std::string_view author) const;
  void start_anew(Cursor& cursor, FrameSink& sink);
  void skip_lost(Cursor& cursor, FrameSink& sink);
  /// The offset before the first message that is kept.
  std::uint64_t before_first() const { return ring_.empty() ? top_.offset : ring_.front().offset - 1; }
  std::uint64_t recent_start() const;
  bool reaches(const Position& since) const;

  std::int64_t slow_s_ = 0;  ///< the channel's rules, for newcomers
  Standing least_ = Standing::guest;
  std::deque<Entry> ring_;     ///< without a hole, up to top_
  std::uint64_t visible_ = 0;  ///< offset of the last message that goes to everybody
  std::uint64_t picked_ = 0;   ///< offset up to which it is decided which do
  TokenBucket pace_;
  std::unordered_set<std::string> unheard_;  ///< how the bodies begin of those left out since batch_from_
  /// The newest messages in one piece, for those who have everything before them: nearly all.
  SharedBytes batch_;
  std::uint64_t batch_from_ = 0;
};

}  // namespace levee::realtime
