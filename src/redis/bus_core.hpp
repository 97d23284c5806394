#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "levee/base/metrics.hpp"
#include "levee/realtime/bus_inbox.hpp"
#include "levee/redis/redis_bus.hpp"
#include "levee/runtime/task_group.hpp"

#include "redis/channel_state.hpp"
#include "redis/keys.hpp"
#include "redis/link.hpp"
#include "redis/scripts.hpp"
#include "redis/servers.hpp"

namespace levee::redis {

/// What a RedisBus is, on its home thread: which channels are carried, what this node owns, and the
/// connections. Thread: home's, but `post` and `state`.
class RedisBus::Core : public std::enable_shared_from_this<RedisBus::Core> {
 public:
  using Inbox = std::shared_ptr<realtime::BusInbox>;
  using PublishDone = std::function<void(Result<realtime::Published>)>;
  using PutDone = std::function<void(Result<realtime::Put>)>;

  Core(boost::asio::io_context& home, Settings settings);

  boost::asio::io_context& home() { return home_; }

  /// Runs `work` on the home thread, if we are still there. Thread: any.
  template <class Work>
  void post(Work work) {
    boost::asio::post(home_, [weak = weak_from_this(), work = std::move(work)]() mutable {
      if (const auto core = weak.lock()) work(*core);
    });
  }

  void start();
  boost::asio::awaitable<void> stop();
  realtime::BusState state() const { return up_ ? realtime::BusState::up : realtime::BusState::down; }
  void write_metrics(MetricsText& out) const;

  void detach(const Inbox& inbox);
  void subscribe(const std::string& channel, const Inbox& inbox);
  void unsubscribe(const std::string& channel, const Inbox& inbox);
  void publish(const std::string& channel, realtime::Publication publication, PublishDone done);
  void put(const std::string& channel, std::vector<realtime::Record> records, PutDone done);
  void change_members(const std::string& channel, const Inbox& owner, realtime::MemberChanges changes);
  void extend_trail(const std::string& channel, const std::string& device,
                    const std::vector<realtime::TrackPoint>& points, std::function<void(ErrorCode)> done);
  void read_trails(const std::string& channel, const std::string& device, realtime::Bus::TrailsRead done);
  void set_value(const std::string& channel, std::string body, std::int64_t time_ms);
  void set_count(const std::string& channel, std::uint64_t count, std::int64_t time_ms);

 private:
  struct OwnMember {
    std::string info;
    Inbox owner;
  };
  /// The members of a channel through this node.
  struct OwnMembers {
    std::map<std::string, OwnMember> here;
    std::set<std::string> leaving;  ///< the server has not confirmed that they left
    bool unsaid = false;            ///< it may not know of all who are here
  };
  using Words = std::vector<std::string>;

  /// A name that no epoch has had: each command offers its own, so that none comes twice after a loss.
  std::string new_epoch();
  void read(const std::string& channel, ChannelState& state);
  Words read_words(const std::string& channel, ChannelState& state, const Script*& script);
  void check_top(const std::string& channel, const ChannelState& state);
  void take_read(const std::string& channel, const Result<Reply>& reply);
  void take_push(const Reply& push);
  void take_message(const std::string& channel, std::string_view payload);
  void deliver(const std::string& channel, ChannelState& state,
               const std::vector<realtime::MessagePtr>& messages);
  void take_trails(const std::string& channel, const std::string& device, const Result<Reply>& reply);
  void tell_partial(const std::string& channel, ChannelState& state);
  void send_members(const std::string& channel, const realtime::MemberChanges& changes);
  void take_sent_members(const std::string& channel, const Words& leaves, bool sent);
  void say_members(const std::string& channel, OwnMembers& own);
  void send_count(const std::string& channel, std::int64_t count);
  /// Whether what is said to this channel gets to the other nodes, and what they say here.
  bool reaches(const std::string& channel) const;
  void servers_up(const Servers::Covers& covers);
  void subscriptions_up();
  void link_down();
  void note_state();
  void renew_counts();
  void renew_leases();
  boost::asio::awaitable<void> keep_leases();

  boost::asio::io_context& home_;
  Settings settings_;
  Keys keys_;
  Scripts scripts_;
  std::mt19937_64 random_;
  Servers servers_;
  Link subscriptions_;
  runtime::TaskGroup tasks_;
  std::unordered_map<std::string, ChannelState> channels_;
  std::unordered_map<std::string, OwnMembers> members_;
  std::unordered_map<std::string, std::uint64_t> counts_;  ///< of this node
  /// Who waits for a trail, or for the devices, by channel and device.
  std::map<std::pair<std::string, std::string>, std::vector<realtime::Bus::TrailsRead>> trail_readers_;
  TimePoint started_ = Clock::now();
  std::atomic<bool> up_{false};
  Counter messages_;
  Counter duplicates_or_holes_;
  Counter reads_;
  Counter errors_;
};

}  // namespace levee::redis
