#include "realtime/log_topic.hpp"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "levee/realtime/room_rules.hpp"

namespace levee::realtime {

void LogTopic::reset(const Snapshot& snapshot, TimePoint now) {
  const bool same_epoch = ready_ && snapshot.top.epoch == top_.epoch;
  if (same_epoch && snapshot.top.offset <= top_.offset) return;
  const auto first = snapshot.log.empty() ? snapshot.top.offset + 1 : snapshot.log.front()->offset;
  if (!same_epoch || first > top_.offset + 1) {
    ring_.clear();
    batch_ = nullptr;
    ++generation_;
    top_ = {snapshot.top.epoch, first - 1};
    visible_ = top_.offset;
  }
  for (const auto& message : snapshot.log) {
    if (message->offset == top_.offset + 1) append(message, now);
  }
  std::tie(slow_s_, least_) = decode_rules(snapshot.rules);
  ready_ = true;
}

bool LogTopic::apply(const MessagePtr& message, TimePoint now) {
  if (!ready_ || message->offset <= top_.offset) return true;
  if (message->offset != top_.offset + 1) return false;
  append(message, now);
  return true;
}

void LogTopic::append(const MessagePtr& message, TimePoint now) {
  if (ring_.size() >= kLogMessages) ring_.pop_front();
  ring_.push_back({message->offset, frame(encode_push(channel_, *message)), now, message});
  top_.offset = message->offset;
  if (const auto moderation = decode_moderation(message->body)) moderate(*moderation);
}

void LogTopic::moderate(const Moderation& moderation) {
  using What = Moderation::What;
  switch (moderation.what) {
    case What::remove:
      return take_back([&](const Message& message) { return message.offset == moderation.offset; });
    case What::timeout:
    case What::ban: {
      const auto author = chat_author(moderation.user);
      return take_back([&](const Message& message) { return message.body.starts_with(author); });
    }
    case What::clear:
      return take_back([](const Message&) { return true; });
    case What::slow:
      slow_s_ = moderation.seconds;
      return;
    case What::only:
      least_ = moderation.least;
      return;
    case What::unban:
      return;
  }
}

template <class Wanted>
void LogTopic::take_back(Wanted wanted) {
  for (auto& entry : ring_) {
    // Only what was said: what moderators did stands.
    if (!entry.message->body.starts_with(R"({"u":)") || !wanted(*entry.message)) continue;
    Message gone{entry.offset, entry.message->time_ms, std::string{kGoneBody}, 0};
    entry.frame = frame(encode_push(channel_, gone));
    entry.message = std::make_shared<const Message>(std::move(gone));
  }
}

void LogTopic::expire(TimePoint now) {
  // What is not visible yet has still to be given.
  while (!ring_.empty() && now - ring_.front().added >= kLogAge && ring_.front().offset <= visible_)
    ring_.pop_front();
}

bool LogTopic::prepare(TimePoint now) {
  expire(now);
  batch_ = nullptr;
  batch_from_ = std::max(visible_, before_first());  // what the ring lost meanwhile is a gap
  visible_ = top_.offset;
  const auto begin =
      std::ranges::find_if(ring_, [&](const Entry& entry) { return entry.offset > batch_from_; });
  const auto count = static_cast<std::size_t>(ring_.end() - begin);
  if (count == 1) batch_ = begin->frame;
  if (count > 1) {
    Bytes all;
    for (auto entry = begin; entry != ring_.end(); ++entry)
      all.insert(all.end(), entry->frame->begin(), entry->frame->end());
    context_.counters.coalesced.add(count - 1);
    if (all.size() <= kGiveBytes) batch_ = share(std::move(all));
  }
  return true;
}

Duration LogTopic::interval(std::size_t subscribers) const {
  // A write costs about 10 us: at this pace a busy room takes at most half of a core and everybody has a
  // message within 0.3 s up to 10,000 subscribers, and a small one waits for nothing.
  constexpr std::size_t kSmall = 50;
  if (subscribers <= kSmall) return Duration::zero();
  return std::min<Duration>(std::chrono::milliseconds{500},
                            std::chrono::microseconds{20} * static_cast<std::int64_t>(subscribers));
}

std::uint64_t LogTopic::recent_start() const {
  const auto recent = visible_ > kRecentMessages ? visible_ - kRecentMessages : 0;
  return std::min(visible_, std::max(recent, before_first()));
}

bool LogTopic::reaches(const Position& since) const {
  // A client may be a little ahead of us: it has seen on another node what is still on its way to this one.
  constexpr std::uint64_t kAhead = 1000;
  return since.epoch == top_.epoch && since.offset >= before_first() && since.offset <= top_.offset + kAhead;
}

Start LogTopic::start(const std::optional<Position>& since, Cursor& cursor, TimePoint now) {
  expire(now);
  const bool recovered = since && reaches(*since);
  cursor.generation = generation_;
  cursor.offset = recovered ? since->offset : recent_start();
  Sync sync;
  sync.channel = channel_;
  sync.position = {top_.epoch, std::max(visible_, cursor.offset)};
  sync.recovered = recovered;
  sync.from = cursor.offset;
  const auto rules = encode_rules(slow_s_, least_);
  sync.rules = rules;
  return {encode_sync(sync), since ? std::optional{recovered} : std::nullopt};
}

bool LogTopic::give(Cursor& cursor, FrameSink& sink) {
  if (cursor.generation != generation_) start_anew(cursor, sink);
  if (cursor.offset >= visible_) return false;
  if (batch_ && cursor.offset == batch_from_) {
    sink.push(batch_);
    cursor.offset = visible_;
    return false;
  }
  if (cursor.offset < before_first()) skip_lost(cursor, sink);
  if (cursor.offset >= visible_) return false;
  std::size_t given = 0;
  const auto skip = ring_.empty() ? 0 : cursor.offset + 1 - ring_.front().offset;
  for (std::size_t i = skip; i < ring_.size() && ring_[i].offset <= visible_; ++i) {
    if (given >= kGiveBytes) return true;
    sink.push(ring_[i].frame);
    given += ring_[i].frame->size();
    cursor.offset = ring_[i].offset;
  }
  return false;
}

void LogTopic::start_anew(Cursor& cursor, FrameSink& sink) {
  context_.counters.syncs.add();
  cursor = {recent_start(), generation_};
  Sync sync;
  sync.channel = channel_;
  sync.position = {top_.epoch, visible_};
  sync.recovered = false;
  sync.from = cursor.offset;
  const auto rules = encode_rules(slow_s_, least_);
  sync.rules = rules;
  sink.push(frame(encode_sync_message(encode_sync(sync))));
}

void LogTopic::skip_lost(Cursor& cursor, FrameSink& sink) {
  context_.counters.gaps.add();
  cursor.offset = std::min(visible_, before_first());
  sink.push(frame(encode_gap(channel_, {top_.epoch, cursor.offset})));
}

}  // namespace levee::realtime
