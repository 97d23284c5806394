#include "surge/keyed_view.hpp"

#include <utility>

namespace levee::surge {

bool KeyedView::take(const KeyedFrame& frame, ServerLife& life, TimePoint now) {
  using Kind = KeyedFrame::Kind;
  news_.clear();
  switch (frame.kind) {
    case Kind::begins:
      begin(frame, life);
      return true;
    case Kind::snapshot:
      for (const auto& record : frame.records) take_record(record, false);
      return true;
    case Kind::ends:
      epoch_ = frame.epoch;
      offset_ = frame.offset;
      top_.reset();
      placed_ = true;
      // One that was long under way is old when it ends: the next heartbeat tells.
      if (life.count() == begun_) in_sync(now);
      return true;
    case Kind::push:
      return take_push(frame);
    case Kind::heartbeat:
      return take_top(frame, life, now);
    case Kind::other:
      return true;
  }
  return true;
}

void KeyedView::begin(const KeyedFrame& frame, ServerLife& life) {
  if (frame.heartbeat > Duration::zero()) life.expect(frame.heartbeat);
  placed_ = false;
  synced_ = false;
  begun_ = life.count();
  if (frame.recovered && frame.epoch == epoch_) return;
  // A key that the snapshot lacks is kept, with its watermark; only nobody vouches for it.
  for (auto& held : held_) held.owned = false;
}

bool KeyedView::take_push(const KeyedFrame& frame) {
  // One that stays where it is brings a part of what follows; others that do not go on were here before.
  const bool part = frame.offset == frame.previous;
  if (!placed_ || frame.offset < *offset_ || (frame.offset == *offset_ && !part)) return true;
  if (frame.previous != *offset_) return missed();
  offset_ = frame.offset;
  if (frame.vouched_ms) {
    for (auto& held : held_) {
      if (!held.marked && *frame.vouched_ms > held.vouched_ms) held.vouched_ms = *frame.vouched_ms;
    }
  }
  for (const auto& record : frame.records) take_record(record, true);
  return true;
}

bool KeyedView::take_top(const KeyedFrame& frame, const ServerLife& life, TimePoint now) {
  if (!placed_) return true;
  if (frame.epoch != epoch_) return missed();
  if (frame.offset > *offset_) {
    if (!top_) top_ = Top{frame.offset, now + life.heartbeat()};
  } else {
    top_.reset();
    in_sync(now);
  }
  return true;
}

bool KeyedView::check(TimePoint now) {
  if (top_ && *offset_ >= top_->offset) top_.reset();
  return !top_ || now < top_->by || missed();
}

void KeyedView::lost() {
  placed_ = false;
  synced_ = false;
  top_.reset();
}

bool KeyedView::missed() {
  ++faults_.missed;
  lost();
  return false;
}

void KeyedView::in_sync(TimePoint now) {
  if (!std::exchange(synced_, true)) synced_since_ = now;
}

void KeyedView::take_record(const KeyedRecord& record, bool pushed) {
  if (record.key >= held_.size()) return;
  auto& held = held_[record.key];
  if (record.version && *record.version < held.version) {
    ++faults_.out_of_order;
    held.owned = false;
    return;
  }
  const bool is_new = record.version && held.version < *record.version;
  if (pushed && record.has_value && record.version && !is_new) ++faults_.duplicates;
  if (is_new) {
    held.version = *record.version;
    held.vouched_ms = 0;
    news_.push_back({record.key, pushed});
  }
  if (record.number) held.number = *record.number;
  if (record.time_ms) held.time_ms = *record.time_ms;
  if (record.ttl_ms) held.ttl_ms = *record.ttl_ms;
  const auto vouched = record.vouched_ms ? record.vouched_ms : record.time_ms;
  if (vouched && *vouched > held.vouched_ms) held.vouched_ms = *vouched;
  held.marked = record.marked;
  held.owned = held.version != KeyedVersion{};
}

bool KeyedView::live(std::size_t key, const ServerLife& life, TimePoint now) const {
  const auto& held = held_[key];
  if (!vouched(life, now) || !held.owned || held.marked) return false;
  return elapsed_ms(held.vouched_ms, life, now) <= static_cast<double>(held.ttl_ms);
}

std::string KeyedView::wanted(const std::string& channel) const {
  auto text = R"({"ch":")" + channel + '"';
  if (offset_) text += R"(,"pos":{"e":")" + epoch_ + R"(","o":)" + std::to_string(*offset_) + "}";
  return text + "}";
}

}  // namespace levee::surge
