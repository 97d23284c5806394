#include "realtime/set_topic.hpp"

#include <utility>

#include "levee/realtime/wire.hpp"

namespace levee::realtime {

void SetTopic::reset(const Snapshot& snapshot, TimePoint) {
  const bool same = ready_ && !anew_ && snapshot.top == top_ && snapshot.partial == partial_ && !partial_;
  if (same && members_.size() == std::min(visible_count_, kMaxListedMembers)) return;
  joins_.clear();
  leaves_.clear();
  fresh_.clear();
  for (const auto& member : snapshot.members) fresh_.emplace(member.id, member.info);
  count_ = snapshot.member_count;
  top_ = snapshot.top;
  partial_ = snapshot.partial;
  anew_ = true;
  ready_ = true;
}

bool SetTopic::apply(const MessagePtr& message, TimePoint) {
  if (!ready_ || message->offset <= top_.offset) return true;
  if (message->offset != top_.offset + 1) return false;
  const auto changes = decode_member_changes(message->body);
  if (!changes) return false;
  top_.offset = message->offset;
  count_ = message->members;
  merge(*changes);
  return true;
}

void SetTopic::merge(const MemberChanges& changes) {
  for (const auto& join : changes.joins) {
    leaves_.erase(join.id);
    joins_[join.id] = join.info;
  }
  for (const auto& id : changes.leaves) {
    joins_.erase(id);
    if (anew_ || members_.contains(id)) leaves_.insert(id);
  }
}

MemberChanges SetTopic::take_changes() {
  MemberChanges changes;
  for (const auto& id : leaves_) {
    members_.erase(id);
    changes.leaves.push_back(id);
  }
  for (auto& [id, info] : joins_) {
    const auto known = members_.find(id);
    if (known != members_.end() && known->second == info) continue;
    if (known == members_.end() && members_.size() >= kMaxListedMembers) continue;
    members_[id] = info;
    changes.joins.push_back({id, std::move(info)});
  }
  joins_.clear();
  leaves_.clear();
  return changes;
}

bool SetTopic::prepare(TimePoint) {
  if (!ready_ || (!anew_ && visible_at_ == top_)) return true;
  const bool was_listed = visible_count_ <= kMaxListedMembers;
  if (anew_) members_ = std::exchange(fresh_, {});
  auto changes = take_changes();
  frame_from_ = visible_at_.offset;
  visible_at_ = top_;
  visible_count_ = count_;
  sync_text_.clear();
  sync_frame_ = nullptr;
  frame_ = nullptr;
  const bool listed = visible_count_ <= kMaxListedMembers;
  if (std::exchange(anew_, false)) {
    ++generation_;
    return true;
  }
  // Back below the bound: the sample is not the list, and the subscribers have followed neither.
  if (listed && !was_listed) return false;
  if (!listed) changes = {};
  frame_ =
      frame(encode_set_push({channel_, visible_at_.offset, frame_from_, visible_count_, std::move(changes)}));
  return !listed || members_.size() == visible_count_;
}

Duration SetTopic::interval(std::size_t) const { return std::chrono::milliseconds{500}; }

const std::string& SetTopic::sync_text() {
  if (!sync_text_.empty()) return sync_text_;
  Sync sync;
  sync.channel = channel_;
  sync.position = visible_at_;
  sync.is_set = true;
  for (const auto& [id, info] : members_) sync.members.push_back({id, info});
  sync.member_count = visible_count_;
  sync.partial = partial_;
  return sync_text_ = encode_sync(sync);
}

Start SetTopic::start(const std::optional<Position>&, Cursor& cursor, TimePoint) {
  cursor = {visible_at_.offset, generation_};
  return {sync_text(), {}};
}

void SetTopic::start_anew(Cursor& cursor, FrameSink& sink) {
  context_.counters.syncs.add();
  if (!sync_frame_) sync_frame_ = frame(encode_sync_message(sync_text()));
  sink.push(sync_frame_);
  cursor = {visible_at_.offset, generation_};
}

bool SetTopic::give(Cursor& cursor, FrameSink& sink, std::string_view) {
  if (cursor.generation == generation_ && cursor.offset == visible_at_.offset) return false;
  if (frame_ && cursor.generation == generation_ && cursor.offset == frame_from_) {
    sink.push(frame_);
    cursor.offset = visible_at_.offset;
  } else {
    start_anew(cursor, sink);
  }
  return false;
}

}  // namespace levee::realtime
