#include "redis/bus_core.hpp"

#include <algorithm>
#include <random>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <spdlog/spdlog.h>

#include "levee/base/log.hpp"
#include "levee/realtime/wire.hpp"
#include "levee/runtime/use_result.hpp"

#include "redis/snapshots.hpp"

namespace levee::redis {

namespace asio = boost::asio;
using realtime::Kind;

namespace {

using std::chrono::milliseconds;
constexpr milliseconds kDataTtl = realtime::kLogAge;
constexpr milliseconds kMetaTtl = std::chrono::hours{24};  // an epoch outlives its data by far
constexpr milliseconds kValueTtl = std::chrono::minutes{1};
constexpr Duration kLeaseTick = std::chrono::seconds{3};
constexpr std::size_t kMembersPerCall = 200;
constexpr std::size_t kTopicsPerCall = 512;

std::string ms(Duration duration) {
  return std::to_string(std::chrono::duration_cast<milliseconds>(duration).count());
}

std::string wall_ms() { return ms(std::chrono::system_clock::now().time_since_epoch()); }

std::string random_epoch() {
  std::random_device device;
  std::string epoch;
  for (int i = 0; i < 10; ++i) epoch += "0123456789abcdefghijklmnopqrstuvwxyz"[device() % 36];
  return epoch;
}

}  // namespace

RedisBus::Core::Core(asio::io_context& home, Settings settings)
    : home_{home},
      settings_{std::move(settings)},
      keys_{settings_.prefix},
      offered_epoch_{random_epoch()},
      commands_{home, settings_, false, {[this] { commands_up(); }, [this] { link_down(); }, {}}},
      subscriptions_{home,
                     settings_,
                     true,
                     {[this] { subscriptions_up(); }, [this] { link_down(); },
                      [this](const Reply& push) { take_push(push); }}},
      tasks_{home} {}

void RedisBus::Core::start() {
  tasks_.spawn("redis commands", commands_.run());
  tasks_.spawn("redis subscriptions", subscriptions_.run());
  tasks_.spawn("redis leases", keep_leases());
}

asio::awaitable<void> RedisBus::Core::stop() {
  commands_.close();
  subscriptions_.close();
  co_await tasks_.stop(Duration::zero());
}

void RedisBus::Core::run(const Script& script, Words keys, Words arguments, Link::Done done) {
  Words words{"EVALSHA", script.name, std::to_string(keys.size())};
  std::ranges::move(keys, std::back_inserter(words));
  std::ranges::move(arguments, std::back_inserter(words));
  auto retry = [this, &script, words, done = std::move(done)](Result<Reply> reply) mutable {
    if (!reply || !reply->is_error("NOSCRIPT")) return done(std::move(reply));
    words[0] = "EVAL";
    words[1] = script.text;
    commands_.send(words, std::move(done));
  };
  commands_.send(words, std::move(retry));
}

void RedisBus::Core::subscribe(const std::string& channel, const Inbox& inbox) {
  const auto parsed = realtime::parse_channel(channel);
  if (!parsed) return;
  auto& state = channels_.try_emplace(channel, parsed->kind).first->second;
  const bool first = state.listeners.empty();
  if (std::ranges::find(state.listeners, inbox) == state.listeners.end()) state.listeners.push_back(inbox);
  state.full = true;
  if (first) subscriptions_.send(Words{"SUBSCRIBE", keys_.topic(channel)});
  if (!up_) {
    tell_partial(channel, state);
  } else if (state.acknowledged) {
    read(channel, state);
  }
}

void RedisBus::Core::unsubscribe(const std::string& channel, const Inbox& inbox) {
  const auto found = channels_.find(channel);
  if (found == channels_.end()) return;
  std::erase(found->second.listeners, inbox);
  if (!found->second.listeners.empty()) return;
  subscriptions_.send(Words{"UNSUBSCRIBE", keys_.topic(channel)});
  channels_.erase(found);
}

void RedisBus::Core::detach(const Inbox& inbox) {
  Words channels;
  for (const auto& [channel, state] : channels_) channels.push_back(channel);
  for (const auto& channel : channels) unsubscribe(channel, inbox);
  channels.clear();
  for (const auto& [channel, members] : members_) channels.push_back(channel);
  for (const auto& channel : channels) {
    realtime::MemberChanges changes;
    for (const auto& [id, member] : members_[channel]) {
      if (member.owner == inbox) changes.leaves.push_back(id);
    }
    if (!changes.empty()) change_members(channel, inbox, std::move(changes));
  }
}

void RedisBus::Core::read(const std::string& channel, ChannelState& state) {
  if (!state.want_read()) return;
  reads_.add();
  const Script* script = nullptr;
  auto words = read_words(channel, state, script);
  Words keys{words.begin(), words.begin() + 2};
  words.erase(words.begin(), words.begin() + 2);
  run(*script, std::move(keys), std::move(words),
      [this, channel](const Result<Reply>& reply) { take_read(channel, reply); });
}

RedisBus::Core::Words RedisBus::Core::read_words(const std::string& channel, ChannelState& state,
                                                 const Script*& script) const {
  if (state.kind() == Kind::log) {
    script = &scripts_.read_log;
    state.was_full = std::exchange(state.full, false);
    const auto first = state.was_full ? 0 : state.last().offset + 1;
    return {keys_.meta(channel), keys_.stream(channel), offered_epoch_, ms(kMetaTtl), std::to_string(first)};
  }
  if (state.kind() == Kind::value) {
    script = &scripts_.read_value;
    return {keys_.meta(channel), keys_.value(channel), offered_epoch_, ms(kMetaTtl)};
  }
  script = &scripts_.read_members;
  return {keys_.meta(channel), keys_.members(channel), offered_epoch_, ms(kMetaTtl),
          std::to_string(realtime::kMaxListedMembers)};
}

void RedisBus::Core::take_read(const std::string& channel, const Result<Reply>& reply) {
  const auto found = channels_.find(channel);
  if (found == channels_.end()) return;
  auto& state = found->second;
  const auto snapshot = reply ? snapshot_of(state.kind(), *reply) : nullptr;
  if (!snapshot) {
    errors_.add();
    if (reply) spdlog::warn("redis read failed channel={} error={}", channel, log::value(reply->text));
    return state.read_failed();  // read again with the leases, or when the server is back
  }
  if (snapshot->top.epoch == state.last().epoch && snapshot->top.offset < state.last().offset) {
    // The server has forgotten what it told us: offsets would be used a second time.
    state.read_failed();
    auto again = [this, channel](const Result<Reply>&) {
      if (const auto it = channels_.find(channel); it != channels_.end()) read(channel, it->second);
    };
    return commands_.send(Words{"HSET", keys_.meta(channel), "e", random_epoch()}, std::move(again));
  }
  const bool follows =
      snapshot->top == state.last() || (snapshot->top.epoch == state.last().epoch && !snapshot->log.empty());
  if (state.kind() == Kind::log && !state.was_full && !follows) {
    state.full = true;  // what is new does not follow what we had: begin anew
    state.read_failed();
    return read(channel, state);
  }
  std::vector<realtime::MessagePtr> messages;
  const bool again = state.take_snapshot(*snapshot, messages);
  for (const auto& inbox : state.listeners) inbox->reset(channel, snapshot);
  deliver(channel, state, messages);
  if (again) read(channel, state);
}

void RedisBus::Core::take_push(const Reply& push) {
  if (push.list.size() < 3) return;  // an answer to PING
  const auto channel = std::string{keys_.channel_of(push.list[1].text)};
  const auto found = channels_.find(channel);
  if (found == channels_.end()) return;
  if (push.list[0].text == "subscribe") {
    found->second.acknowledged = true;
    if (commands_.up()) read(channel, found->second);
  } else if (push.list[0].text == "message") {
    take_message(channel, push.list[2].text);
  }
}

void RedisBus::Core::take_message(const std::string& channel, std::string_view payload) {
  auto& state = channels_.at(channel);
  auto arrival = parse_arrival(payload);
  if (!arrival.message) return errors_.add();
  messages_.add();
  std::vector<realtime::MessagePtr> messages;
  const bool lost = state.take(std::move(arrival), messages);
  deliver(channel, state, messages);
  if (!lost) return;
  duplicates_or_holes_.add();
  read(channel, state);
}

void RedisBus::Core::deliver(const std::string& channel, ChannelState& state,
                             const std::vector<realtime::MessagePtr>& messages) {
  for (const auto& message : messages) {
    for (const auto& inbox : state.listeners) inbox->message(channel, message);
  }
}

void RedisBus::Core::publish(const std::string& channel, realtime::Publication publication,
                             PublishDone done) {
  const bool has_id = !publication.id.empty();
  Words keys{keys_.meta(channel), keys_.stream(channel), keys_.publication(channel, publication.id)};
  Words arguments{keys_.topic(channel),
                  offered_epoch_,
                  std::to_string(publication.time_ms),
                  std::move(publication.body),
                  has_id ? "1" : "0",
                  std::to_string(realtime::kLogMessages),
                  ms(kDataTtl),
                  ms(kMetaTtl)};
  run(scripts_.publish, std::move(keys), std::move(arguments),
      [this, done = std::move(done)](const Result<Reply>& reply) { done(published_of(reply, errors_)); });
}

void RedisBus::Core::change_members(const std::string& channel, const Inbox& owner,
                                    realtime::MemberChanges changes) {
  auto& own = members_[channel];
  for (const auto& join : changes.joins) own[join.id] = {join.info, owner};
  std::erase_if(changes.leaves, [&](const std::string& id) {
    const auto found = own.find(id);
    if (found == own.end() || found->second.owner != owner) return true;
    own.erase(found);
    return false;
  });
  if (own.empty()) members_.erase(channel);
  if (commands_.up()) send_members(channel, changes);
  const auto carried = channels_.find(channel);
  if (!up_ && carried != channels_.end()) tell_partial(channel, carried->second);
}

void RedisBus::Core::send_members(const std::string& channel, const realtime::MemberChanges& changes) {
  std::size_t joined = 0;
  std::size_t left = 0;
  do {
    const auto joins = std::min(changes.joins.size() - joined, kMembersPerCall);
    const auto leaves = std::min(changes.leaves.size() - left, kMembersPerCall);
    Words arguments{keys_.topic(channel), offered_epoch_,       wall_ms(), ms(kMetaTtl), settings_.node,
                    ms(settings_.lease),  std::to_string(joins)};
    for (const auto end = joined + joins; joined < end; ++joined) {
      arguments.push_back(changes.joins[joined].id);
      arguments.push_back(changes.joins[joined].info);
    }
    for (const auto end = left + leaves; left < end; ++left) arguments.push_back(changes.leaves[left]);
    run(scripts_.members, {keys_.meta(channel), keys_.members(channel), keys_.member_leases(channel)},
        std::move(arguments), [this](const Result<Reply>& reply) {
          if (!reply || reply->is_error()) errors_.add();
        });
  } while (joined < changes.joins.size() || left < changes.leaves.size());
}

void RedisBus::Core::set_value(const std::string& channel, std::string body, std::int64_t time_ms) {
  run(scripts_.set_value, {keys_.meta(channel), keys_.value(channel)},
      {keys_.topic(channel), offered_epoch_, std::to_string(time_ms), std::move(body), ms(kValueTtl),
       ms(kMetaTtl)},
      [this](const Result<Reply>& reply) {
        if (!reply || reply->is_error()) errors_.add();
      });
}

void RedisBus::Core::set_count(const std::string& channel, std::uint64_t count, std::int64_t) {
  if (count == 0) {
    counts_.erase(channel);
  } else {
    counts_[channel] = count;
  }
  if (commands_.up()) send_count(channel, static_cast<std::int64_t>(count));
  const auto carried = channels_.find(channel);
  if (!up_ && carried != channels_.end()) tell_partial(channel, carried->second);
}

void RedisBus::Core::send_count(const std::string& channel, std::int64_t count) {
  run(scripts_.count,
      {keys_.meta(channel), keys_.value(channel), keys_.counts(channel), keys_.count_leases(channel)},
      {keys_.topic(channel), offered_epoch_, wall_ms(), ms(kValueTtl), ms(kMetaTtl), settings_.node,
       std::to_string(count), ms(settings_.lease)},
      [this](const Result<Reply>& reply) {
        if (!reply || reply->is_error()) errors_.add();
      });
}

void RedisBus::Core::tell_partial(const std::string& channel, ChannelState& state) {
  if (state.kind() == Kind::log) return;
  auto snapshot = std::make_shared<realtime::Snapshot>();
  snapshot->partial = true;
  snapshot->value = state.value();
  if (channel.starts_with("count:")) {
    const auto count = counts_.find(channel);
    auto value = std::make_shared<realtime::Message>();
    value->time_ms = std::stoll(wall_ms());
    value->body = realtime::encode_count(count == counts_.end() ? 0 : count->second);
    snapshot->value = std::move(value);
  }
  if (const auto own = members_.find(channel); own != members_.end()) {
    snapshot->member_count = own->second.size();
    for (const auto& [id, member] : own->second) {
      if (snapshot->members.size() < realtime::kMaxListedMembers)
        snapshot->members.push_back({id, member.info});
    }
  }
  for (const auto& inbox : state.listeners) inbox->reset(channel, snapshot);
}

void RedisBus::Core::commands_up() {
  note_state();
  for (const auto& [channel, own] : members_) {
    realtime::MemberChanges all;
    for (const auto& [id, member] : own) all.joins.push_back({id, member.info});
    send_members(channel, all);
  }
  for (const auto& [channel, count] : counts_) send_count(channel, static_cast<std::int64_t>(count));
  for (auto& [channel, state] : channels_) {
    if (state.acknowledged) read(channel, state);
  }
}

void RedisBus::Core::subscriptions_up() {
  note_state();
  Words words{"SUBSCRIBE"};
  for (const auto& [channel, state] : channels_) {
    words.push_back(keys_.topic(channel));
    if (words.size() > kTopicsPerCall) subscriptions_.send(std::exchange(words, {"SUBSCRIBE"}));
  }
  if (words.size() > 1) subscriptions_.send(words);
}

void RedisBus::Core::link_down() {
  const bool was_up = up_;
  note_state();
  for (auto& [channel, state] : channels_) {
    if (!subscriptions_.up()) state.acknowledged = false;
    if (!commands_.up()) state.read_failed();
    if (was_up && !up_) tell_partial(channel, state);
  }
}

void RedisBus::Core::note_state() { up_ = commands_.up() && subscriptions_.up(); }

void RedisBus::Core::renew_leases() {
  for (const auto& [channel, own] : members_) send_members(channel, {});
  for (const auto& [channel, count] : counts_) send_count(channel, static_cast<std::int64_t>(count));
  for (auto& [channel, state] : channels_) {
    // Whoever watches sweeps too: the last node that owned something here may be the one that died.
    if (state.kind() == Kind::set && !members_.contains(channel)) send_members(channel, {});
    if (channel.starts_with("count:") && !counts_.contains(channel)) send_count(channel, -1);
    // Heals a message that was lost with nothing after it to show the hole.
    if (state.acknowledged && !state.reading()) read(channel, state);
  }
}

asio::awaitable<void> RedisBus::Core::keep_leases() {
  co_await asio::this_coro::throw_if_cancelled(false);
  asio::steady_timer timer{home_};
  for (;;) {
    timer.expires_after(kLeaseTick);
    const auto [error] = co_await timer.async_wait(runtime::use_result);
    if (error) co_return;
    if (commands_.up()) renew_leases();
  }
}

void RedisBus::Core::write_metrics(MetricsText& out) const {
  out.counter("levee_redis_connects_total", "Connections made to Redis.", commands_.connects(),
              {{"link", "commands"}});
  out.counter("levee_redis_connects_total", "Connections made to Redis.", subscriptions_.connects(),
              {{"link", "subscriptions"}});
  out.counter("levee_redis_messages_total", "Messages received over Pub/Sub.", messages_.value());
  out.counter("levee_redis_holes_total", "Holes in a channel's messages, filled by reading it again.",
              duplicates_or_holes_.value());
  out.counter("levee_redis_reads_total", "Channels read.", reads_.value());
  out.counter("levee_redis_errors_total", "Commands that failed.", errors_.value());
}

}  // namespace levee::redis
