#include <algorithm>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include "levee/realtime/wire.hpp"
#include "levee/runtime/use_result.hpp"

#include "redis/bus_core.hpp"
#include "redis/times.hpp"

// What a node owns in the server: its members and its share of the counts, leased.
namespace levee::redis {

namespace asio = boost::asio;
using realtime::Kind;

namespace {

constexpr Duration kCountTick = std::chrono::milliseconds{500};
constexpr int kLeaseTicks = 6;  // every so many of these the rest is renewed
constexpr std::size_t kMembersPerCall = 200;

}  // namespace

void RedisBus::Core::change_members(const std::string& channel, const Inbox& owner,
                                    realtime::MemberChanges changes) {
  auto& own = members_[channel];
  for (const auto& join : changes.joins) {
    own.here[join.id] = {join.info, owner};
    own.leaving.erase(join.id);
  }
  std::erase_if(changes.leaves, [&](const std::string& id) {
    const auto found = own.here.find(id);
    if (found == own.here.end() || found->second.owner != owner) return true;
    own.here.erase(found);
    own.leaving.insert(id);
    return false;
  });
  send_members(channel, changes);
  const auto carried = channels_.find(channel);
  if (!reaches(channel) && carried != channels_.end()) tell_partial(channel, carried->second);
}

void RedisBus::Core::send_members(const std::string& channel, const realtime::MemberChanges& changes) {
  std::size_t joined = 0;
  std::size_t left = 0;
  do {
    const auto joins = std::min(changes.joins.size() - joined, kMembersPerCall);
    const auto leaves = std::min(changes.leaves.size() - left, kMembersPerCall);
    Words arguments{keys_.topic(channel), new_epoch(),          wall_ms(), ms(kMetaTtl), settings_.node,
                    ms(settings_.lease),  std::to_string(joins)};
    for (const auto end = joined + joins; joined < end; ++joined) {
      arguments.push_back(changes.joins[joined].id);
      arguments.push_back(changes.joins[joined].info);
    }
    const auto* first = changes.leaves.data() + left;
    Words gone{first, first + leaves};
    arguments.insert(arguments.end(), gone.begin(), gone.end());
    left += leaves;
    servers_.run(scripts_.members,
                 {keys_.meta(channel), keys_.members(channel), keys_.member_leases(channel),
                  keys_.members_of(channel, settings_.node)},
                 std::move(arguments), [this, channel, gone = std::move(gone)](const Result<Reply>& reply) {
                   take_sent_members(channel, gone, reply && !reply->is_error());
                 });
  } while (joined < changes.joins.size() || left < changes.leaves.size());
}

// What the server may not have heard is said again: a leave that got lost would leave a ghost for as long as
// this node lives.
void RedisBus::Core::take_sent_members(const std::string& channel, const Words& leaves, bool sent) {
  if (!sent) errors_.add();
  const auto found = members_.find(channel);
  if (found == members_.end()) return;
  auto& own = found->second;
  own.unsaid = own.unsaid || !sent;
  for (const auto& id : leaves) {
    if (sent) {
      own.leaving.erase(id);
    } else if (!own.here.contains(id)) {
      own.leaving.insert(id);
    }
  }
  if (own.here.empty() && own.leaving.empty()) members_.erase(found);
}

void RedisBus::Core::say_members(const std::string& channel, OwnMembers& own) {
  own.unsaid = false;
  realtime::MemberChanges all;
  for (const auto& [id, member] : own.here) all.joins.push_back({id, member.info});
  all.leaves.assign(own.leaving.begin(), own.leaving.end());
  send_members(channel, all);
}

void RedisBus::Core::set_count(const std::string& channel, std::uint64_t count, std::int64_t) {
  if (count == 0) {
    counts_.erase(channel);
  } else {
    counts_[channel] = count;
  }
  if (servers_.up(keys_.meta(channel))) send_count(channel, static_cast<std::int64_t>(count));
  const auto carried = channels_.find(channel);
  if (!reaches(channel) && carried != channels_.end()) tell_partial(channel, carried->second);
}

void RedisBus::Core::send_count(const std::string& channel, std::int64_t count) {
  servers_.run(
      scripts_.count,
      {keys_.meta(channel), keys_.value(channel), keys_.counts(channel), keys_.count_leases(channel)},
      {keys_.topic(channel), new_epoch(), wall_ms(), ms(kValueTtl), ms(kMetaTtl), settings_.node,
       std::to_string(count), ms(settings_.count_lease),
       Clock::now() - started_ < realtime::kCountRecovery ? "1" : "0"},
      [this](const Result<Reply>& reply) {
        if (!reply || reply->is_error()) errors_.add();
      });
}

void RedisBus::Core::tell_partial(const std::string& channel, ChannelState& state) {
  state.partial = true;
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
    snapshot->member_count = own->second.here.size();
    for (const auto& [id, member] : own->second.here) {
      if (snapshot->members.size() < realtime::kMaxListedMembers)
        snapshot->members.push_back({id, member.info});
    }
  }
  for (const auto& inbox : state.listeners) inbox->reset(channel, snapshot);
}

// Whoever watches sweeps too: the last node that owned something here may be the one that died.
void RedisBus::Core::renew_counts() {
  for (const auto& [channel, count] : counts_) send_count(channel, static_cast<std::int64_t>(count));
  for (const auto& [channel, state] : channels_) {
    if (channel.starts_with("count:") && !counts_.contains(channel)) send_count(channel, -1);
  }
}

void RedisBus::Core::renew_leases() {
  for (auto& [channel, own] : members_) {
    if (own.unsaid) {
      say_members(channel, own);
    } else {
      send_members(channel, {});
    }
  }
  for (auto& [channel, state] : channels_) {
    if (state.kind() == Kind::set && !members_.contains(channel)) send_members(channel, {});
    if (state.acknowledged && !state.reading() && state.was_quiet()) check_top(channel, state);
  }
}

asio::awaitable<void> RedisBus::Core::keep_leases() {
  co_await asio::this_coro::throw_if_cancelled(false);
  asio::steady_timer timer{home_};
  for (int tick = 1;; ++tick) {
    timer.expires_after(kCountTick);
    const auto [error] = co_await timer.async_wait(runtime::use_result);
    if (error) co_return;
    if (!servers_.up()) continue;
    renew_counts();
    if (tick % kLeaseTicks == 0) renew_leases();
  }
}

}  // namespace levee::redis
