#pragma once

#include <deque>

#include "levee/realtime/topic.hpp"
#include "levee/realtime/wire.hpp"

namespace levee::realtime {

/// Policy of a `log`: every message once and in order. Keeps the channel's newest messages as frames: who is
/// behind is served from these, and told of a gap when they don't reach back.
class LogTopic final : public Topic {
 public:
  using Topic::Topic;

  void reset(const Snapshot& snapshot, TimePoint now) override;
  bool apply(const MessagePtr& message, TimePoint now) override;
  bool prepare(TimePoint now) override;
  Duration interval(std::size_t subscribers) const override;
  Start start(const std::optional<Position>& since, Cursor& cursor, TimePoint now) override;
  bool give(Cursor& cursor, FrameSink& sink) override;

 private:
  struct Entry {
    std::uint64_t offset = 0;
    SharedBytes frame;
    TimePoint added;
    MessagePtr message;
  };

  void append(const MessagePtr& message, TimePoint now);
  void expire(TimePoint now);
  /// Takes messages back and notes rules, as a moderator's message says.
  void moderate(const Moderation& moderation);
  template <class Wanted>
  void take_back(Wanted wanted);
  void start_anew(Cursor& cursor, FrameSink& sink);
  void skip_lost(Cursor& cursor, FrameSink& sink);
  /// The offset before the first message that is kept.
  std::uint64_t before_first() const { return ring_.empty() ? top_.offset : ring_.front().offset - 1; }
  std::uint64_t recent_start() const;
  bool reaches(const Position& since) const;

  std::int64_t slow_s_ = 0;  ///< the channel's rules, for newcomers
  Standing least_ = Standing::guest;
  std::deque<Entry> ring_;     ///< without a hole, up to top_
  std::uint64_t visible_ = 0;  ///< offset up to which `give` gives
  /// The newest messages in one piece, for those who have everything before them: nearly all.
  SharedBytes batch_;
  std::uint64_t batch_from_ = 0;
};

}  // namespace levee::realtime
