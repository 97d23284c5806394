#include "levee/realtime/hub.hpp"

#include <algorithm>
#include <cassert>

namespace levee::realtime {

Hub::Hub(HubSettings settings, Bus& bus, boost::asio::io_context& shard, Identities& identities,
         Framer framer, std::function<void()> wake)
    : settings_{settings},
      identities_{identities},
      framer_{std::move(framer)},
      wake_{std::move(wake)},
      gate_{settings.hellos},
      roster_{settings.presence},
      bus_{bus.attach(shard, *this)} {}

Hub::~Hub() { assert(sessions_.empty()); }

std::unique_ptr<Session> Hub::open(Connection& connection) {
  const auto phase = next_key_ % kPhases;
  auto session = std::make_unique<Session>(*this, connection, next_key_++, phase);
  session->place_ = phases_[phase].size();
  phases_[phase].push_back(session.get());
  sessions_.emplace(session->key_, session.get());
  return session;
}

void Hub::reset(const std::string& channel, const SnapshotPtr& snapshot) {
  const auto found = topics_.find(channel);
  if (found == topics_.end()) return;
  found->second->arrived.emplace_back(snapshot);
  note(*found->second);
}

void Hub::message(const std::string& channel, const MessagePtr& message) {
  const auto found = topics_.find(channel);
  if (found == topics_.end()) return;
  found->second->arrived.emplace_back(message);
  note(*found->second);
}

void Hub::overflowed() {
  for (const auto& [channel, topic] : topics_) ask_anew(*topic);
}

void Hub::ask_anew(HubTopic& topic) {
  if (topic.asked) return;
  topic.asked = true;
  bus_->subscribe(topic.topic->channel());
}

void Hub::note(HubTopic& topic) {
  if (topic.listed) return;
  topic.listed = true;
  changed_.push_back(&topic);
  wake_();
}

void Hub::tick(TimePoint now, std::int64_t wall_ms) {
  now_ = now;
  wall_.set(now, wall_ms);
  for (auto& [channel, changes] : roster_.take_changes(now))
    bus_->change_members(channel, std::move(changes));
  begin_beats(now, wall_ms);
  prepare_changed(now);
  look_for_overdue(now);
  serve_slice(now);
  if (now >= next_heartbeat_) {
    send_heartbeats(now, wall_ms);
    forget_quiet(now);
  }
  give_up_waiting(now);
  close_idle(now);
}

TimePoint Hub::deadline() const {
  if (roster_.has_news()) return now_;
  auto next = next_heartbeat_;
  if (!passing_.empty() || !turns_.empty()) next = std::min(next, std::max(slices_.due(), now_));
  for (const auto* topic : changed_) {
    if (!topic->arrived.empty()) return now_;
    if (!topic->passing) next = std::min(next, due(*topic));
  }
  for (const auto* topic : beating_) {
    next = std::min(next, topic->next_beat);
    if (const auto due = topic->topic->due()) next = std::min(next, *due);
  }
  if (const auto at = roster_.deadline()) next = std::min(next, *at);
  return next;  // waiting and idle channels are looked at with the heartbeats, once a second
}

Retry Hub::reconnect_window() const {
  const auto needed = sessions_.size() * 1000 / std::max<std::size_t>(settings_.takes_back_per_second, 1);
  return {0, static_cast<std::int64_t>(std::clamp<std::size_t>(needed, 250, 60'000))};
}

void Hub::begin_beats(TimePoint now, std::int64_t wall_ms) {
  for (auto* topic : beating_) {
    if (now < topic->next_beat) continue;
    topic->next_beat = now + topic->topic->heartbeat();
    if (!topic->topic->ready()) continue;
    tell_overdue(*topic, now);
    const auto text =
        encode_heartbeat(wall_ms, reconnect_window().to_ms, topic->topic->channel(), topic->topic->visible());
    topic->beat = share(framer_(text));
    begin_pass(*topic);
  }
}

void Hub::send_heartbeats(TimePoint now, std::int64_t wall_ms) {
  next_heartbeat_ = now + kHeartbeat / static_cast<int>(kPhases);
  const auto heartbeat = share(framer_(encode_heartbeat(wall_ms, reconnect_window().to_ms)));
  for (auto* session : phases_[next_phase_]) {
    if (!session->greeted() || !session->connection_.ready()) continue;
    if (++session->beats_ < session->pace_) continue;
    session->beats_ = 0;
    session->connection_.push(heartbeat);
    session->connection_.flush();
  }
  next_phase_ = (next_phase_ + 1) % kPhases;
}

HubTopic* Hub::open_topic(const Channel& parsed, const std::string& channel, TimePoint now) {
  if (const auto found = topics_.find(channel); found != topics_.end()) return found->second.get();
  if (topics_.size() >= settings_.max_topics) return nullptr;
  auto topic = std::make_unique<HubTopic>();
  topic->topic =
      Topic::make(parsed.kind, channel, {framer_, counters_.topics_counted, wall_, settings_.log_rate});
  topic->is_set = parsed.kind == Kind::set;
  topic->opened_at = now;
  topic->pace = RoundPace{topic->topic->most_of_thread()};
  for (const auto& checkpoint : settings_.checkpoints) {
    const bool counts = checkpoint.group.empty() || checkpoint.group == parsed.name;
    if (parsed.kind == Kind::track && counts) topic->checkpoints.push_back(checkpoint);
  }
  unready_.push_back(topic.get());
  if (topic->topic->heartbeat() > Duration::zero()) beating_.push_back(topic.get());
  auto* opened = topics_.emplace(channel, std::move(topic)).first->second.get();
  counters_.topics.add(1);
  bus_->subscribe(channel);
  return opened;
}

void Hub::join(HubTopic& topic, Session& session) {
  topic.idle = false;
  session.subscriptions_.push_back({&topic, topic.subscribers.size(), {}, nullptr});
  topic.subscribers.push_back(&session);
  counters_.subscriptions.add(1);
  if (topic.is_set) {
    roster_.join(topic.topic->channel(), session.user(), encode_member_info(session.nickname_));
    wake_();
  }
}

void Hub::leave(Session& session, std::size_t subscription) {
  auto& left = session.subscriptions_[subscription];
  auto& topic = *left.topic;
  if (left.place + 1 < topic.subscribers.size()) {
    auto* moved = topic.subscribers.back();
    moved->find(topic.topic->channel())->place = left.place;
    topic.subscribers[left.place] = moved;
  }
  topic.subscribers.pop_back();
  topic.to_serve = std::min(topic.to_serve, topic.subscribers.size());
  session.subscriptions_.erase(session.subscriptions_.begin() + static_cast<std::ptrdiff_t>(subscription));
  counters_.subscriptions.add(-1);
  if (topic.is_set) {
    roster_.leave(topic.topic->channel(), session.user());
    wake_();
  }
  note_idle(topic);
}

void Hub::note_idle(HubTopic& topic) {
  if (!topic.subscribers.empty() || topic.held > 0) return;
  topic.idle = true;
  topic.idle_since = now_;
  idle_.emplace_back(now_ + kLinger, topic.topic->channel());
}

void Hub::hold(HubTopic& topic) {
  topic.idle = false;
  ++topic.held;
}

void Hub::release(HubTopic& topic) {
  --topic.held;
  note_idle(topic);
}

void Hub::when_ready(HubTopic& topic, std::function<void(bool ready)> work) {
  if (topic.topic->ready()) return work(true);
  topic.waiting.push_back(std::move(work));
}

void Hub::tell_ready(HubTopic& topic, bool ready) {
  for (const auto& work : std::exchange(topic.waiting, {})) work(ready);
}

void Hub::tell_overdue(HubTopic& topic, TimePoint now) {
  auto records = topic.topic->take_overdue(now, topic.subscribers.size());
  if (records.empty()) return;
  bus_->put(topic.topic->channel(), std::move(records), [this](const Result<Put>& put) {
    if (put) counters_.feed_marked.add(put->taken);
  });
}

void Hub::look_for_overdue(TimePoint now) {
  for (auto* topic : beating_) {
    const auto due = topic->topic->due();
    if (due && *due <= now) tell_overdue(*topic, now);
  }
}

Session* Hub::session(std::uint64_t key) {
  const auto found = sessions_.find(key);
  return found == sessions_.end() ? nullptr : found->second;
}

void Hub::give_up_waiting(TimePoint now) {
  std::erase_if(unready_, [](const HubTopic* topic) { return topic->topic->ready(); });
  for (auto* topic : unready_) {
    if (now - topic->opened_at < kBusPatience) continue;
    tell_ready(*topic, false);
    while (!topic->subscribers.empty()) {
      auto& session = *topic->subscribers.back();
      const auto* waiting = session.find(topic->topic->channel());
      const auto number = waiting->waiting ? waiting->waiting->number : std::nullopt;
      session.refuse(number, Errc::bus_down, Retry{1000, 5000}, topic->topic->channel());
      session.connection_.flush();
      leave(session, static_cast<std::size_t>(waiting - session.subscriptions_.data()));
    }
  }
}

void Hub::close_idle(TimePoint now) {
  for (; !idle_.empty() && idle_.front().first <= now; idle_.pop_front()) {
    const auto found = topics_.find(idle_.front().second);
    if (found == topics_.end()) continue;
    auto& topic = *found->second;
    if (topic.idle && now - topic.idle_since >= kLinger) forget(topic);
  }
}

Duration Hub::chat_wait(const std::string& user, TimePoint now) {
  return chat_[user].take(settings_.chat, now);
}

void Hub::forget_quiet(TimePoint now) {
  std::erase_if(chat_, [&](const auto& entry) { return entry.second.full(now); });
}

void Hub::forget(HubTopic& topic) {
  std::erase(changed_, &topic);
  std::erase(passing_, &topic);
  std::erase(unready_, &topic);
  std::erase(beating_, &topic);
  const auto channel = topic.topic->channel();
  bus_->unsubscribe(channel);
  topics_.erase(channel);
  counters_.topics.add(-1);
}

}  // namespace levee::realtime
