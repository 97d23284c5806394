#include "realtime/value_topic.hpp"

#include "levee/realtime/wire.hpp"

namespace levee::realtime {

void ValueTopic::reset(const Snapshot& snapshot, TimePoint) {
  const bool follows = ready_ && snapshot.top.epoch == top_.epoch && snapshot.partial == partial_;
  if (follows && snapshot.top.offset <= top_.offset && !partial_) return;
  anew_ = anew_ || !follows || snapshot.partial;
  top_ = snapshot.top;
  newest_ = snapshot.value;
  partial_ = snapshot.partial;
  ready_ = true;
}

bool ValueTopic::apply(const MessagePtr& message, TimePoint) {
  if (!ready_ || message->offset <= top_.offset) return true;
  if (newest_ != visible_) context_.counters.superseded.add();
  top_.offset = message->offset;
  newest_ = message;
  return true;
}

bool ValueTopic::prepare(TimePoint) {
  const bool unchanged = visible_ && newest_ && visible_->body == newest_->body;
  if (!anew_ && (unchanged || newest_ == visible_)) return true;
  if (anew_) ++generation_;
  anew_ = false;
  visible_ = newest_;
  visible_at_ = top_;
  visible_partial_ = partial_;
  frame_ = visible_ ? frame(encode_push(channel_, *visible_)) : nullptr;
  sync_frame_ = nullptr;
  return true;
}

Duration ValueTopic::interval(std::size_t subscribers) const {
  if (subscribers > 50'000) return std::chrono::seconds{5};
  if (subscribers > 5'000) return std::chrono::seconds{2};
  return std::chrono::seconds{1};
}

std::string ValueTopic::sync_text() const {
  Sync sync;
  sync.channel = channel_;
  sync.position = visible_at_;
  sync.value = visible_;
  sync.partial = visible_partial_;
  return encode_sync(sync);
}

Start ValueTopic::start(const std::optional<Position>&, Cursor& cursor, TimePoint) {
  cursor = {visible_at_.offset, generation_};
  return {sync_text(), {}};
}

bool ValueTopic::give(Cursor& cursor, FrameSink& sink, std::string_view) {
  if (cursor.generation != generation_) {
    context_.counters.syncs.add();
    if (!sync_frame_) sync_frame_ = frame(encode_sync_message(sync_text()));
    sink.push(sync_frame_);
    cursor = {visible_at_.offset, generation_};
  } else if (frame_ && cursor.offset < visible_at_.offset) {
    sink.push(frame_);
    cursor.offset = visible_at_.offset;
  }
  return false;
}

}  // namespace levee::realtime
