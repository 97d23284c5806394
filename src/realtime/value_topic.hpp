#pragma once

#include "levee/realtime/topic.hpp"

namespace levee::realtime {

/// Policy of a `value`: the newest, at a pace that falls with the number of subscribers, and not when it is
/// unchanged. Who is slow gets whatever is newest when it reads again.
class ValueTopic final : public Topic {
 public:
  using Topic::Topic;

  void reset(const Snapshot& snapshot, TimePoint now) override;
  bool apply(const MessagePtr& message, TimePoint now) override;
  bool prepare(TimePoint now) override;
  Duration interval(std::size_t subscribers) const override;
  Start start(const std::optional<Position>& since, Cursor& cursor, TimePoint now) override;
  bool give(Cursor& cursor, FrameSink& sink, std::string_view reader) override;

 private:
  std::string sync_text() const;

  MessagePtr newest_;
  bool partial_ = false;
  bool anew_ = false;  ///< what came does not follow what is visible

  MessagePtr visible_;
  Position visible_at_;
  bool visible_partial_ = false;
  SharedBytes frame_;       ///< of visible_
  SharedBytes sync_frame_;  ///< made when it is first needed
};

}  // namespace levee::realtime
