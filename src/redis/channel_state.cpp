#include "redis/channel_state.hpp"

#include <charconv>
#include <utility>

#include <system_error>

namespace levee::redis {
namespace {

// Takes the next word off `text`; its end is a space.
std::string_view word(std::string_view& text) {
  const auto end = std::min(text.find(' '), text.size());
  const auto taken = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return taken;
}

template <class Number>
bool read_number(std::string_view text, Number& out) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  return read.ec == std::errc{} && read.ptr == text.data() + text.size();
}

}  // namespace

Arrival parse_arrival(std::string_view payload) {
  const auto end = payload.find('\n');
  if (end == std::string_view::npos) return {};
  auto head = payload.substr(0, end);
  auto message = std::make_shared<realtime::Message>();
  Arrival arrival;
  arrival.epoch = word(head);
  if (arrival.epoch.empty() || !read_number(word(head), message->offset) ||
      !read_number(word(head), message->time_ms) || !read_number(word(head), message->members))
    return {};
  message->body = payload.substr(end + 1);
  arrival.message = std::move(message);
  return arrival;
}

bool ChannelState::want_read() {
  if (reading_) {
    again_ = true;
    return false;
  }
  reading_ = true;
  return true;
}

bool ChannelState::follows(const realtime::Message& message) const {
  // Of a value only the newest counts.
  return message.offset == last_.offset + 1 || kind_ == realtime::Kind::value;
}

void ChannelState::deliver(const realtime::MessagePtr& message, std::vector<realtime::MessagePtr>& out) {
  last_.offset = message->offset;
  if (kind_ == realtime::Kind::value) value_ = message;
  out.push_back(message);
}

bool ChannelState::take(Arrival arrival, std::vector<realtime::MessagePtr>& out) {
  heard_ = true;
  if (reading_) {
    if (held_.size() >= kMaxHeld) {
      held_.clear();
      again_ = true;
    }
    held_.push_back(std::move(arrival));
    return false;
  }
  if (arrival.epoch != last_.epoch) {
    held_.push_back(std::move(arrival));
    return true;
  }
  if (arrival.message->offset <= last_.offset) return false;  // twice
  if (follows(*arrival.message)) {
    deliver(arrival.message, out);
    return false;
  }
  held_.push_back(std::move(arrival));
  return true;
}

bool ChannelState::take_snapshot(const realtime::Snapshot& snapshot, std::vector<realtime::MessagePtr>& out) {
  reading_ = false;
  last_ = snapshot.top;
  value_ = snapshot.value;
  bool wanted = std::exchange(again_, false);
  for (auto& arrival : std::exchange(held_, {})) {
    const bool older = arrival.epoch == last_.epoch && arrival.message->offset <= last_.offset;
    if (older) continue;
    if (arrival.epoch == last_.epoch && follows(*arrival.message)) {
      deliver(arrival.message, out);
    } else {
      wanted = true;
    }
  }
  return wanted;
}

}  // namespace levee::redis
