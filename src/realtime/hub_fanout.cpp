// How what came goes out to those who are subscribed to it.
#include <algorithm>
#include <utility>

#include "levee/realtime/hub.hpp"

namespace levee::realtime {
namespace {

// Served before the clock is looked at and the next room has its turn: a tenth of a slice.
constexpr std::size_t kInOneGo = 16;

}  // namespace

void Hub::take_arrivals(HubTopic& topic, TimePoint now) {
  if (!topic.arrived.empty()) topic.pace.arrived(now);
  for (const auto& arrived : std::exchange(topic.arrived, {})) {
    if (const auto* snapshot = std::get_if<SnapshotPtr>(&arrived)) {
      topic.asked = false;
      topic.topic->reset(**snapshot, now);
      if (topic.topic->ready()) tell_ready(topic, true);
    } else if (!topic.topic->apply(std::get<MessagePtr>(arrived), now)) {
      ask_anew(topic);
    }
  }
}

TimePoint Hub::due(const HubTopic& topic) const {
  return std::max(topic.prepared_at + topic.topic->interval(topic.subscribers.size()), topic.pace.due());
}

void Hub::prepare_changed(TimePoint now) {
  std::erase_if(changed_, [&](HubTopic* topic) {
    take_arrivals(*topic, now);
    if (topic->topic->ready() && (topic->passing || now < due(*topic))) return false;
    topic->listed = false;
    if (topic->topic->ready()) prepare(*topic, now);
    return true;
  });
}

void Hub::prepare(HubTopic& topic, TimePoint now) {
  if (!topic.topic->prepare(now)) ask_anew(topic);
  topic.prepared_at = now;
  topic.pace.begin_round();
  begin_pass(topic);
}

void Hub::begin_pass(HubTopic& topic) {
  topic.to_serve = topic.subscribers.size();
  if (!std::exchange(topic.passing, true)) passing_.push_back(&topic);
}

void Hub::serve_slice(TimePoint now) {
  if ((passing_.empty() && turns_.empty()) || now < slices_.due()) return;
  cpu_ = settings_.thread_cpu();
  slices_.begin(now, cpu_);
  for (bool over = false; !over && !(passing_.empty() && turns_.empty());) {
    if (!turns_.empty()) {
      serve_some_turns();
      over = slice_over(nullptr);
    }
    if (over || passing_.empty()) continue;
    auto& topic = *passing_.front();
    passing_.pop_front();
    serve_some(topic);
    over = slice_over(&topic.pace);
    if (topic.to_serve > 0) {
      passing_.push_back(&topic);
      continue;
    }
    topic.passing = false;
    topic.beat = nullptr;
    topic.pace.end_round(now);
  }
  slices_.end(now, cpu_);
}

bool Hub::slice_over(RoundPace* spent) {
  const auto before = std::exchange(cpu_, settings_.thread_cpu());
  if (spent != nullptr) spent->spend(cpu_ - before);
  return slices_.over(cpu_);
}

void Hub::serve_some(HubTopic& topic) {
  // From the end: who subscribes meanwhile is added there, and starts with the newest anyway.
  for (std::size_t served = 0; topic.to_serve > 0 && served < kInOneGo; ++served) {
    auto& session = *topic.subscribers[--topic.to_serve];
    if (serve(session, topic.beat)) take_turn_later(session);
  }
}

void Hub::serve_some_turns() {
  for (auto left = std::min(turns_.size(), kInOneGo); left > 0; --left) {
    const auto found = sessions_.find(turns_.front());
    turns_.pop_front();
    if (found == sessions_.end()) continue;
    found->second->in_turn_ = false;
    if (serve(*found->second)) take_turn_later(*found->second);
  }
}

void Hub::serve_writable(Session& session) {
  const auto before = settings_.thread_cpu();
  if (serve(session)) take_turn_later(session);
  slices_.spend(settings_.thread_cpu() - before);
}

bool Hub::serve(Session& session, const SharedBytes& last) {
  if (!session.connection_.ready()) return false;
  bool more = false;
  for (auto& subscription : session.subscriptions_) {
    auto& topic = *subscription.topic->topic;
    if (!topic.ready()) continue;
    if (subscription.waiting) session.answer_start(subscription);
    more = topic.give(subscription.cursor, session.connection_, session.user()) || more;
  }
  if (last) session.connection_.push(last);
  session.connection_.flush();
  return more && session.connection_.ready();
}

void Hub::take_turn_later(Session& session) {
  if (session.in_turn_) return;
  session.in_turn_ = true;
  turns_.push_back(session.key_);
  wake_();
}

}  // namespace levee::realtime
