#pragma once

#include <map>
#include <set>

#include "levee/realtime/topic.hpp"

namespace levee::realtime {

/// Policy of a `set`: who is in it, joins and leaves merged. Lists at most kMaxListedMembers; above, a sample
/// and the count. Who is too slow for the changes starts anew with a list.
class SetTopic final : public Topic {
 public:
  using Topic::Topic;

  void reset(const Snapshot& snapshot, TimePoint now) override;
  bool apply(const MessagePtr& message, TimePoint now) override;
  bool prepare(TimePoint now) override;
  Duration interval(std::size_t subscribers) const override;
  Start start(const std::optional<Position>& since, Cursor& cursor, TimePoint now) override;
  bool give(Cursor& cursor, FrameSink& sink, std::string_view reader) override;

 private:
  void merge(const MemberChanges& changes);
  MemberChanges take_changes();
  const std::string& sync_text();
  void start_anew(Cursor& cursor, FrameSink& sink);

  // What came and is not visible yet.
  std::map<std::string, std::string> joins_;
  std::set<std::string> leaves_;
  std::size_t count_ = 0;
  bool partial_ = false;
  bool anew_ = false;                         ///< what is visible next does not follow what is visible now:
  std::map<std::string, std::string> fresh_;  ///< it begins with these

  std::map<std::string, std::string> members_;  ///< visible: all of them, or a sample
  std::size_t visible_count_ = 0;
  Position visible_at_;
  SharedBytes frame_;  ///< brings those at frame_from_ to visible_at_
  std::uint64_t frame_from_ = 0;
  std::string sync_text_;   ///< of what is visible; made when it is first needed
  SharedBytes sync_frame_;  ///< the same as a message
};

}  // namespace levee::realtime
