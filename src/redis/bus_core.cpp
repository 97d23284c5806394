#include "redis/bus_core.hpp"

#include <algorithm>
#include <random>

#include <spdlog/spdlog.h>

#include "levee/base/log.hpp"

#include "redis/snapshots.hpp"
#include "redis/times.hpp"

namespace levee::redis {

namespace asio = boost::asio;
using realtime::Kind;

namespace {

constexpr std::size_t kTopicsPerCall = 512;

// As the publish script takes it.
void append_change(std::vector<std::string>& arguments, const realtime::RuleChange& change) {
  const auto append = [&](std::string field, std::int64_t value) {
    arguments.push_back(std::move(field));
    arguments.push_back(std::to_string(value));
  };
  if (change.slow_s) append("slow", *change.slow_s * 1000);
  if (change.least) append("least", static_cast<std::int64_t>(*change.least));
  if (change.ban_s) append("b:" + change.user, *change.ban_s > 0 ? *change.ban_s * 1000 : *change.ban_s);
}

std::uint64_t seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

}  // namespace

RedisBus::Core::Core(asio::io_context& home, Settings settings)
    : home_{home},
      settings_{std::move(settings)},
      keys_{settings_.prefix},
      random_{seed()},
      servers_{home,
               settings_,
               {[this](const Servers::Covers& covers) { servers_up(covers); }, [this] { link_down(); }}},
      subscriptions_{home,
                     settings_,
                     true,
                     {[this] { subscriptions_up(); }, [this] { link_down(); },
                      [this](const Reply& push) { take_push(push); }},
                     settings_.address.cluster.empty()
                         ? Link::Choose{}
                         : [this](int attempt) { return servers_.subscribe_at(attempt); }},
      tasks_{home} {}

std::string RedisBus::Core::new_epoch() {
  std::string epoch;
  for (auto bits = random_(); epoch.size() < 10; bits /= 36)
    epoch += "0123456789abcdefghijklmnopqrstuvwxyz"[bits % 36];
  return epoch;
}

void RedisBus::Core::start() {
  servers_.start();
  tasks_.spawn("redis subscriptions", subscriptions_.run());
  tasks_.spawn("redis leases", keep_leases());
}

asio::awaitable<void> RedisBus::Core::stop() {
  subscriptions_.close();
  co_await servers_.stop();
  co_await tasks_.stop(Duration::zero());
}

void RedisBus::Core::subscribe(const std::string& channel, const Inbox& inbox) {
  const auto parsed = realtime::parse_channel(channel);
  if (!parsed) return;
  auto& state = channels_.try_emplace(channel, parsed->kind).first->second;
  const bool first = state.listeners.empty();
  if (std::ranges::find(state.listeners, inbox) == state.listeners.end()) state.listeners.push_back(inbox);
  state.full = true;
  if (first) subscriptions_.send(Words{"SUBSCRIBE", keys_.topic(channel)});
  if (!reaches(channel)) {
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
  for (const auto& [channel, own] : members_) channels.push_back(channel);
  for (const auto& channel : channels) {
    realtime::MemberChanges changes;
    for (const auto& [id, member] : members_[channel].here) {
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
  const auto keys_end = words.begin() + (state.kind() == Kind::log ? 3 : 2);
  Words keys{words.begin(), keys_end};
  words.erase(words.begin(), keys_end);
  servers_.run(*script, keys, std::move(words),
               [this, channel](const Result<Reply>& reply) { take_read(channel, reply); });
}

RedisBus::Core::Words RedisBus::Core::read_words(const std::string& channel, ChannelState& state,
                                                 const Script*& script) {
  if (state.kind() == Kind::log) {
    script = &scripts_.read_log;
    state.was_full = std::exchange(state.full, false);
    const auto first = state.was_full ? 0 : state.last().offset + 1;
    return {keys_.meta(channel), keys_.stream(channel), keys_.rules(channel),
            new_epoch(),         ms(kMetaTtl),          std::to_string(first)};
  }
  if (state.kind() == Kind::value) {
    script = &scripts_.read_value;
    return {keys_.meta(channel), keys_.value(channel), new_epoch(), ms(kMetaTtl)};
  }
  if (state.kind() != Kind::set) {
    script = &scripts_.read_records;
    return {keys_.meta(channel), keys_.records(channel), new_epoch(), ms(kMetaTtl)};
  }
  script = &scripts_.read_members;
  return {keys_.meta(channel), keys_.members(channel), new_epoch(), ms(kMetaTtl),
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
    const auto meta = keys_.meta(channel);
    return servers_.send(meta, {"HSET", meta, "e", new_epoch()}, std::move(again));
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
  state.partial = false;
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
    if (servers_.up(keys_.meta(channel))) read(channel, found->second);
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
  const bool bound = publication.standing < realtime::Standing::moderator;
  Words keys{keys_.meta(channel), keys_.stream(channel), keys_.publication(channel, publication.id),
             keys_.rules(channel), keys_.wait(channel, publication.user)};
  Words arguments{keys_.topic(channel),
                  new_epoch(),
                  std::to_string(publication.time_ms),
                  std::move(publication.body),
                  publication.only_known ? "only"
                  : has_id               ? "1"
                                         : "0",
                  std::to_string(realtime::kLogMessages),
                  ms(kDataTtl),
                  ms(kMetaTtl),
                  std::move(publication.user),
                  bound ? std::to_string(static_cast<int>(publication.standing)) : ""};
  if (publication.change) append_change(arguments, *publication.change);
  servers_.run(
      scripts_.publish, keys, std::move(arguments),
      [this, done = std::move(done)](const Result<Reply>& reply) { done(published_of(reply, errors_)); });
}

void RedisBus::Core::put(const std::string& channel, std::vector<realtime::Record> records, PutDone done) {
  Words arguments{keys_.topic(channel), new_epoch(), ms(kMetaTtl), std::to_string(realtime::kMaxKeys),
                  std::to_string(records.size())};
  for (auto& record : records) {
    arguments.push_back(std::move(record.key));
    arguments.push_back(std::to_string(record.version.epoch));
    arguments.push_back(std::to_string(record.version.sequence));
    arguments.push_back(std::to_string(record.time_ms));
    arguments.push_back(std::move(record.mark));
    arguments.push_back(record.body.empty() ? "{}" : std::move(record.body));
  }
  servers_.run(scripts_.put, {keys_.meta(channel), keys_.records(channel)}, std::move(arguments),
               [this, done = std::move(done)](const Result<Reply>& reply) { done(put_of(reply, errors_)); });
}

void RedisBus::Core::set_value(const std::string& channel, std::string body, std::int64_t time_ms) {
  servers_.run(scripts_.set_value, {keys_.meta(channel), keys_.value(channel)},
               {keys_.topic(channel), new_epoch(), std::to_string(time_ms), std::move(body), ms(kValueTtl),
                ms(kMetaTtl)},
               [this](const Result<Reply>& reply) {
                 if (!reply || reply->is_error()) errors_.add();
               });
}

bool RedisBus::Core::reaches(const std::string& channel) const {
  return subscriptions_.up() && servers_.up(keys_.meta(channel));
}

void RedisBus::Core::servers_up(const Servers::Covers& covers) {
  note_state();
  for (auto& [channel, own] : members_) {
    if (covers(keys_.meta(channel))) say_members(channel, own);
  }
  for (const auto& [channel, count] : counts_) {
    if (covers(keys_.meta(channel))) send_count(channel, static_cast<std::int64_t>(count));
  }
  for (auto& [channel, state] : channels_) {
    if (state.acknowledged && covers(keys_.meta(channel))) read(channel, state);
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
  note_state();
  // A server that has left the cluster is passed on nothing any more.
  if (subscriptions_.up() && !servers_.serves(subscriptions_.server())) subscriptions_.drop();
  for (auto& [channel, state] : channels_) {
    if (!subscriptions_.up()) state.acknowledged = false;
    if (reaches(channel)) continue;
    if (!servers_.up(keys_.meta(channel))) state.read_failed();
    if (!state.partial) tell_partial(channel, state);
  }
}

void RedisBus::Core::note_state() { up_ = servers_.up() && subscriptions_.up(); }

// Heals a message that was lost with nothing after it to show the hole, and sees a log that is gone.
void RedisBus::Core::check_top(const std::string& channel, const ChannelState& state) {
  const auto meta = keys_.meta(channel);
  servers_.send(meta, {"HMGET", meta, "e", "s"},
                [this, channel, was = state.last()](const Result<Reply>& reply) {
                  const auto found = channels_.find(channel);
                  if (!reply || reply->list.size() != 2 || found == channels_.end()) return;
                  auto& now = found->second;
                  // What came meanwhile has shown that all is well, or begun a read.
                  if (now.reading() || now.last() != was) return;
                  if (reply->list[0].text != was.epoch || reply->list[1].text != std::to_string(was.offset))
                    read(channel, now);
                });
}

void RedisBus::Core::write_metrics(MetricsText& out) const {
  out.counter("levee_redis_connects_total", "Connections made to Redis.", servers_.connects(),
              {{"link", "commands"}});
  out.counter("levee_redis_connects_total", "Connections made to Redis.", subscriptions_.connects(),
              {{"link", "subscriptions"}});
  out.counter("levee_redis_messages_total", "Messages received over Pub/Sub.", messages_.value());
  out.counter("levee_redis_holes_total", "Holes in a channel's messages, filled by reading it again.",
              duplicates_or_holes_.value());
  out.counter("levee_redis_reads_total", "Channels read.", reads_.value());
  out.counter("levee_redis_redirects_total", "Commands that a cluster's server did not take.",
              servers_.redirected());
  out.counter("levee_redis_errors_total", "Commands that failed.", errors_.value());
}

}  // namespace levee::redis
