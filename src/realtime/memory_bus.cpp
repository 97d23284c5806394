#include "levee/realtime/memory_bus.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_set>
#include <utility>

#include "levee/realtime/wire.hpp"

namespace levee::realtime {

class MemoryBus::Client final : public BusClient {
 public:
  Client(MemoryBus& bus, std::shared_ptr<BusInbox> inbox) : bus_{bus}, inbox_{std::move(inbox)} {}
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  ~Client() override {
    inbox_->close();
    const std::lock_guard lock{bus_.mutex_};
    while (!joined_.empty()) {
      const auto [channel, ids] = *joined_.begin();
      bus_.change_members(channel, *this, {{}, {ids.begin(), ids.end()}});
      joined_.erase(channel);
    }
    while (!subscribed_.empty()) leave(*subscribed_.begin());
  }

  void subscribe(const std::string& channel) override {
    const std::lock_guard lock{bus_.mutex_};
    auto* state = bus_.open(channel);
    if (state == nullptr) return;
    if (subscribed_.insert(channel).second) state->subscribers.push_back(inbox_);
    inbox_->reset(channel, bus_.snapshot(*state));
  }

  void unsubscribe(const std::string& channel) override {
    const std::lock_guard lock{bus_.mutex_};
    leave(channel);
  }

  void publish(const std::string& channel, Publication publication,
               std::function<void(Result<Published>)> done) override {
    const std::lock_guard lock{bus_.mutex_};
    auto* state = bus_.open(channel);
    if (state == nullptr) return answer(std::move(done), Errc::bus_down);
    const auto now = Clock::now();
    state->log.expire(now);
    if (const auto offset = state->log.find(publication.id))
      return answer(std::move(done), Published{{state->top.epoch, *offset}, true});
    if (publication.only_known) return answer(std::move(done), Published{state->top});
    if (auto refusal = state->rules.check(publication, publication.time_ms))
      return answer(std::move(done), Published{state->top, false, std::move(refusal)});
    if (publication.change) state->rules.apply(*publication.change, publication.time_ms);
    auto message = std::make_shared<Message>();
    message->offset = ++state->top.offset;
    message->time_ms = publication.time_ms;
    message->body = std::move(publication.body);
    state->log.append(message, std::move(publication.id), now);
    tell(channel, *state, std::move(message));
    answer(std::move(done), Published{state->top, false});
  }

  void put(const std::string& channel, std::vector<Record> records,
           std::function<void(Result<Put>)> done) override {
    const std::lock_guard lock{bus_.mutex_};
    auto* state = bus_.open(channel);
    if (state == nullptr) return inbox_->complete([done = std::move(done)] { done(Errc::bus_down); });
    auto outcome = state->records.put(std::move(records), state->top.offset + 1);
    if (!outcome.taken.empty()) {
      auto message = std::make_shared<Message>();
      message->offset = ++state->top.offset;
      message->body = encode_records(outcome.taken);
      tell(channel, *state, std::move(message));
    }
    const Put put{state->top, outcome.taken.size(), outcome.old, outcome.full};
    inbox_->complete([done = std::move(done), put] { done(put); });
  }

  void extend_trail(const std::string& channel, const std::string& device, std::vector<TrackPoint> points,
                    std::function<void(ErrorCode)> done) override {
    for (const auto& point : points) bus_.trails_.add(channel, device, point);
    inbox_->complete([done = std::move(done)] { done({}); });
  }

  void change_members(const std::string& channel, MemberChanges changes) override {
    const std::lock_guard lock{bus_.mutex_};
    auto& mine = joined_[channel];
    for (const auto& join : changes.joins) mine.insert(join.id);
    for (const auto& leave : changes.leaves) mine.erase(leave);
    if (mine.empty()) joined_.erase(channel);
    bus_.change_members(channel, *this, std::move(changes));
  }

 private:
  void answer(std::function<void(Result<Published>)> done, Result<Published> result) {
    inbox_->complete(
        [done = std::move(done), result = std::move(result)]() mutable { done(std::move(result)); });
  }

  void leave(std::string channel) {
    if (subscribed_.erase(channel) == 0) return;
    const auto place = bus_.channels_.find(channel);
    std::erase(place->second.subscribers, inbox_);
    bus_.forget_if_idle(place);
  }

  MemoryBus& bus_;
  std::shared_ptr<BusInbox> inbox_;
  std::unordered_set<std::string> subscribed_;
  std::unordered_map<std::string, std::unordered_set<std::string>> joined_;
};

std::unique_ptr<BusClient> MemoryBus::attach(boost::asio::io_context& shard, BusListener& listener) {
  return std::make_unique<Client>(*this, std::make_shared<BusInbox>(shard, listener));
}

void MemoryBus::set_value(const std::string& channel, std::string body, std::int64_t time_ms) {
  const std::lock_guard lock{mutex_};
  auto* state = open(channel);
  if (state == nullptr) return;
  if (body.empty()) {
    state->value = nullptr;
    forget_if_idle(channels_.find(channel));
  } else {
    put_value(channel, *state, std::move(body), time_ms);
  }
}

void MemoryBus::set_count(const std::string& channel, std::uint64_t count, std::int64_t time_ms) {
  const std::lock_guard lock{mutex_};
  auto* state = open(channel);
  if (state == nullptr) return;
  state->count = count;
  const auto least = held_count(*state, Clock::now());
  put_value(channel, *state, least > count ? encode_count(least, true) : encode_count(count), time_ms);
  // Nobody watches and nobody asks: such a channel need not be remembered.
  if (count == 0 && state->subscribers.empty() && !state->held) state->value = nullptr;
  forget_if_idle(channels_.find(channel));
}

std::uint64_t MemoryBus::held_count(ChannelState& state, TimePoint now) {
  if (state.held && now - state.held->since >= kCountRecovery) state.held.reset();
  if (!state.held) return 0;
  const auto seconds = std::chrono::duration<double>(now - state.held->since).count();
  return static_cast<std::uint64_t>(
      std::ceil(static_cast<double>(state.held->count) * std::pow(0.8, seconds)));
}

void MemoryBus::read_trails(const std::string& channel, const std::string& device, TrailsRead done) {
  done(device.empty() ? trails_.devices(channel) : trails_.trail(channel, device));
}

MemoryBus::ChannelState* MemoryBus::open(const std::string& channel) {
  if (const auto found = channels_.find(channel); found != channels_.end()) return &found->second;
  if (channels_.size() >= kMaxChannels) forget_idle();
  if (channels_.size() >= kMaxChannels) return nullptr;
  auto& state = channels_[channel];
  // A channel that was forgotten and comes back begins anew: its old positions must not fit.
  state.top.epoch = epoch_ + "." + std::to_string(++opened_);
  return &state;
}

void MemoryBus::put_value(const std::string& channel, ChannelState& state, std::string body,
                          std::int64_t time_ms) {
  if (state.value && state.value->body == body) return;
  auto message = std::make_shared<Message>();
  message->offset = ++state.top.offset;
  message->time_ms = time_ms;
  message->body = std::move(body);
  state.value = message;
  tell(channel, state, std::move(message));
}

void MemoryBus::change_members(const std::string& channel, const Client& owner, MemberChanges changes) {
  auto* state = open(channel);
  if (state == nullptr) return;
  std::erase_if(changes.leaves, [&](const std::string& id) {
    const auto found = state->members.find(id);
    if (found == state->members.end() || found->second.owner != &owner) return true;
    state->members.erase(found);
    return false;
  });
  std::erase_if(changes.joins, [&](const Member& join) {
    auto& entry = state->members[join.id];
    const bool known = entry.owner != nullptr && entry.info == join.info;
    entry = {join.info, &owner};
    return known;
  });
  if (!changes.empty()) {
    auto message = std::make_shared<Message>();
    message->offset = ++state->top.offset;
    message->body = encode_member_changes(changes);
    message->members = state->members.size();
    tell(channel, *state, std::move(message));
  }
  forget_if_idle(channels_.find(channel));
}

SnapshotPtr MemoryBus::snapshot(ChannelState& state) {
  auto snapshot = std::make_shared<Snapshot>();
  state.log.expire(Clock::now());
  snapshot->top = state.top;
  snapshot->log = state.log.messages();
  snapshot->rules = state.rules.text();
  snapshot->value = state.value;
  snapshot->records = state.records.records();
  snapshot->member_count = state.members.size();
  for (const auto& [id, entry] : state.members) {
    if (snapshot->members.size() == kMaxListedMembers) break;
    snapshot->members.push_back({id, entry.info});
  }
  return snapshot;
}

void MemoryBus::forget_if_idle(Channels::iterator place) {
  const auto& state = place->second;
  if (state.subscribers.empty() && state.log.empty() && !state.value && state.members.empty() &&
      state.records.empty() && state.rules.empty() && !state.held)
    channels_.erase(place);
}

void MemoryBus::forget_idle() {
  const auto now = Clock::now();
  for (auto place = channels_.begin(); place != channels_.end();) {
    const auto current = place++;
    current->second.log.expire(now);
    forget_if_idle(current);
  }
}

void MemoryBus::tell(const std::string& channel, ChannelState& state, MessagePtr message) {
  for (const auto& inbox : state.subscribers) inbox->message(channel, message);
}

}  // namespace levee::realtime
