#include "realtime/log_topic.hpp"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "levee/realtime/room_rules.hpp"

namespace levee::realtime {
namespace {

/// Who said it, as `chat_author` has it: up to the comma after {"u":"…". Names have no quotes in them.
std::string_view author_of(std::string_view body) { return body.substr(0, body.find(',') + 1); }

/// What is said by those who have no office in the chat. No text can have this outside its quotes.
bool is_sampled(const Message& message) {
  return message.body.starts_with(R"({"u":)") && message.body.find(R"(,"role":")") == std::string::npos;
}

}  // namespace

void LogTopic::reset(const Snapshot& snapshot, TimePoint now) {
  const bool same_epoch = ready_ && snapshot.top.epoch == top_.epoch;
  if (same_epoch && snapshot.top.offset <= top_.offset) return;
  const auto first = snapshot.log.empty() ? snapshot.top.offset + 1 : snapshot.log.front()->offset;
  if (!same_epoch || first > top_.offset + 1) {
    ring_.clear();
    batch_ = nullptr;
    ++generation_;
    top_ = {snapshot.top.epoch, first - 1};
    visible_ = picked_ = top_.offset;
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
  ring_.push_back(
      {message->offset, frame(encode_push(channel_, *message)), now, message, message->offset - 1});
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
    entry.frame = frame(encode_push(channel_, gone, entry.offset - 1 - entry.after));
    entry.message = std::make_shared<const Message>(std::move(gone));
  }
}

void LogTopic::expire(TimePoint now) {
  // What is not visible yet has still to be given.
  while (!ring_.empty() && now - ring_.front().added >= kLogAge && ring_.front().offset <= picked_)
    ring_.pop_front();
}

bool LogTopic::prepare(TimePoint now) {
  expire(now);
  batch_ = nullptr;
  batch_from_ = std::max(visible_, before_first());  // what the ring lost meanwhile is a gap
  pick(now);
  unheard_.clear();
  std::vector<SharedBytes> frames;
  const auto begin = std::ranges::upper_bound(ring_, batch_from_, {}, &Entry::offset);
  for (auto entry = begin; entry != ring_.end(); ++entry) {
    if (entry->left_out)
      unheard_.emplace(author_of(entry->message->body));
    else
      frames.push_back(entry->frame);
  }
  if (frames.size() == 1) batch_ = frames.front();
  if (frames.size() > 1) {
    Bytes all;
    for (const auto& each : frames) all.insert(all.end(), each->begin(), each->end());
    context_.counters.coalesced.add(frames.size() - 1);
    if (all.size() <= kGiveBytes) batch_ = share(std::move(all));
  }
  return true;
}

void LogTopic::pick(TimePoint now) {
  const auto begin = std::ranges::upper_bound(ring_, picked_, {}, &Entry::offset);
  const auto said = static_cast<std::size_t>(
      std::count_if(begin, ring_.end(), [](const Entry& entry) { return is_sampled(*entry.message); }));
  const auto room = allowance(said, now);
  std::size_t seen = 0;
  auto after = batch_from_;
  for (auto entry = begin; entry != ring_.end(); ++entry) {
    // Evenly: the last of each said / room of them goes.
    entry->left_out = is_sampled(*entry->message) && (seen + 1) * room / said == seen * room / said;
    seen += is_sampled(*entry->message) ? 1 : 0;
    if (entry->left_out) {
      context_.counters.sampled.add();
      continue;
    }
    if (entry->after != after)
      entry->frame = frame(encode_push(channel_, *entry->message, entry->offset - 1 - after));
    entry->after = after;
    after = visible_ = entry->offset;
  }
  picked_ = top_.offset;
}

std::size_t LogTopic::allowance(std::size_t wanted, TimePoint now) {
  if (context_.log_rate == 0) return wanted;
  const Rate rate{
      std::chrono::nanoseconds{std::chrono::seconds{1}} / static_cast<std::int64_t>(context_.log_rate),
      static_cast<int>(context_.log_rate)};
  std::size_t taken = 0;
  while (taken < wanted && pace_.take(rate, now) == Duration::zero()) ++taken;
  return taken;
}

std::uint64_t LogTopic::recent_start() const {
  const auto recent = picked_ > kRecentMessages ? picked_ - kRecentMessages : 0;
  return std::min(picked_, std::max(recent, before_first()));
}

bool LogTopic::reaches(const Position& since) const {
  // A client may be a little ahead of us: it has seen on another node what is still on its way to this one.
  constexpr std::uint64_t kAhead = 1000;
  return since.epoch == top_.epoch && since.offset >= before_first() &&
         since.offset + kResumeMessages >= top_.offset && since.offset <= top_.offset + kAhead;
}

Start LogTopic::start(const std::optional<Position>& since, Cursor& cursor, TimePoint now) {
  expire(now);
  const bool recovered = since && reaches(*since);
  cursor.generation = generation_;
  cursor.offset = recovered ? since->offset : recent_start();
  cursor.whole_to = picked_;
  Sync sync;
  sync.channel = channel_;
  sync.position = {top_.epoch, std::max(picked_, cursor.offset)};
  sync.recovered = recovered;
  sync.from = cursor.offset;
  const auto rules = encode_rules(slow_s_, least_);
  sync.rules = rules;
  return {encode_sync(sync), since ? std::optional{recovered} : std::nullopt};
}

bool LogTopic::give(Cursor& cursor, FrameSink& sink, std::string_view reader) {
  if (cursor.generation != generation_) start_anew(cursor, sink);
  if (cursor.offset >= picked_) return false;
  const bool in_step = cursor.offset == batch_from_ && cursor.offset >= cursor.whole_to;
  if (in_step && (unheard_.empty() || !unheard_.contains(chat_author(reader)))) {
    if (batch_) sink.push(batch_);
    if (batch_ || visible_ == batch_from_) {
      cursor.offset = visible_;
      return false;
    }
  }
  if (cursor.offset < before_first()) skip_lost(cursor, sink);
  const auto author = chat_author(reader);
  std::size_t given = 0;
  const auto first = std::ranges::upper_bound(ring_, cursor.offset, {}, &Entry::offset);
  for (auto entry = first; entry != ring_.end() && entry->offset <= picked_; ++entry) {
    if (!is_for(*entry, cursor, author)) continue;
    if (given >= kGiveBytes) return true;
    const auto skipped = entry->offset - 1 - cursor.offset;
    const auto bytes =
        cursor.offset == entry->after ? entry->frame : frame(encode_push(channel_, *entry->message, skipped));
    sink.push(bytes);
    given += bytes->size();
    cursor.offset = entry->offset;
  }
  return false;
}

bool LogTopic::is_for(const Entry& entry, const Cursor& cursor, std::string_view author) const {
  return !entry.left_out || entry.offset <= cursor.whole_to || entry.message->body.starts_with(author);
}

void LogTopic::start_anew(Cursor& cursor, FrameSink& sink) {
  context_.counters.syncs.add();
  cursor = {recent_start(), generation_, false, false, picked_};
  Sync sync;
  sync.channel = channel_;
  sync.position = {top_.epoch, picked_};
  sync.recovered = false;
  sync.from = cursor.offset;
  const auto rules = encode_rules(slow_s_, least_);
  sync.rules = rules;
  sink.push(frame(encode_sync_message(encode_sync(sync))));
}

void LogTopic::skip_lost(Cursor& cursor, FrameSink& sink) {
  context_.counters.gaps.add();
  cursor.offset = std::min(picked_, before_first());
  sink.push(frame(encode_gap(channel_, {top_.epoch, cursor.offset})));
}

}  // namespace levee::realtime
