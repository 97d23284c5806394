#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "levee/base/clock.hpp"
#include "levee/base/metrics.hpp"
#include "levee/redis/settings.hpp"
#include "levee/runtime/task_group.hpp"

#include "redis/lane.hpp"
#include "redis/link.hpp"
#include "redis/scripts.hpp"
#include "redis/slots.hpp"

namespace levee::redis {

/// Where commands go: to the one server that we are told of, or in a cluster to the master that has the key.
///
/// In a cluster there is a link to each master, and one, the guide, to any server, which tells who has which
/// slots: at the beginning, when a server sends us elsewhere, while a link is lost, and every kMapAge. A
/// command that is sent elsewhere goes there; one whose keys are on their way is tried again for as long as
/// an answer may take. Commands of one slot keep their order.
///
/// What a lost master had is refused at once (nobody can tell when another takes over), the rest goes on.
///
/// Thread: that of `context`. Lifetime: `stop` ends before it is destroyed.
class Servers {
 public:
  using Words = std::vector<std::string>;
  /// Whether a key is one of those that something is said of.
  using Covers = std::function<bool(std::string_view key)>;
  struct Handlers {
    /// These keys can be reached again, or another server has them: it may not know what was said last.
    std::function<void(const Covers&)> up;
    std::function<void()> down;  ///< some keys may have become out of reach; ask `up`
  };

  static constexpr int kMostTurns = 16;  ///< of one command that is sent elsewhere
  static constexpr Duration kPause = std::chrono::milliseconds{50};  ///< before it is tried there once more
  static constexpr Duration kMapAge = std::chrono::seconds{15};
  static constexpr std::size_t kMaxWaiting = 1000;  ///< for a master's first connection

  Servers(boost::asio::io_context& context, const Settings& settings, Handlers handlers);

  /// Connects, and goes on trying.
  void start();
  boost::asio::awaitable<void> stop();

  /// Whether any server can be spoken to, and each was tried.
  bool up() const;
  /// Whether the one that has this key can be.
  bool up(std::string_view key) const;

  /// As Link::send. All keys of the command have the slot of `key`.
  /// Errors: also Errc::no_server.
  void send(std::string_view key, Words words, Link::Done done);
  /// Runs a script of these keys, all of one slot, whether the server knows it or not.
  void run(const Script& script, const Words& keys, Words arguments, Link::Done done);

  /// Where a subscriber may connect to: a cluster passes on to every server what is published on any.
  /// Nothing: the settings tell, or the cluster is not known yet.
  std::optional<Endpoint> subscribe_at(int attempt) const;
  /// Whether a server is one to which all that is published is passed on, as far as is known.
  bool serves(const Endpoint& server) const;

  std::uint64_t connects() const { return connects_.value(); }
  std::uint64_t redirected() const { return redirected_.value(); }

 private:
  struct Command {
    std::uint16_t slot = 0;
    Words words;
    const Script* script = nullptr;
    Link::Done done;
    TimePoint since;
    int turns = 0;
    std::optional<Endpoint> ask = {};  ///< sent there this once
  };
  using CommandPtr = std::shared_ptr<Command>;
  /// What is under way for a slot.
  struct Traffic {
    Lane<CommandPtr> lane = {};
    Duration pause{};  ///< before those that were turned back go again
  };
  /// A server and the link to it.
  struct Node {
    Endpoint at;
    std::unique_ptr<Link> link;
    std::deque<CommandPtr> waiting = {};  ///< for the first connection
    std::size_t flying = 0;
    bool tried = false;  ///< it was reached, or not
    bool retired = false;
  };
  using NodePtr = std::shared_ptr<Node>;

  bool is_cluster() const { return !settings_.address.cluster.empty(); }
  std::optional<Endpoint> guide_at(int attempt) const;
  NodePtr owner(std::uint16_t slot) const;
  NodePtr node(const Endpoint& server);
  void link(const NodePtr& node, Link::Choose choose);
  void note_tried(Node& node);
  void node_up(const NodePtr& node);
  void node_down(const NodePtr& node);
  void retire_others();
  boost::asio::awaitable<void> serve(NodePtr node);

  void ask_map();
  void take_map(const Result<Reply>& reply);
  void refuse_map(const std::string& why);
  Duration patience() const;  ///< how old the map may become
  boost::asio::awaitable<void> keep_map();

  void begin(const CommandPtr& command);
  void forward(Traffic& traffic, const CommandPtr& command);
  void hand(const NodePtr& node, const CommandPtr& command);
  void take(const NodePtr& from, const CommandPtr& command, Result<Reply> reply);
  /// After how long a pause a command has to be sent once more; nothing: `reply` is its answer.
  std::optional<Duration> once_more(Command& command, Result<Reply>& reply, const Endpoint& from);
  boost::asio::awaitable<void> resume(std::uint16_t slot, Duration pause);
  void flush(std::uint16_t slot);

  boost::asio::io_context& context_;
  const Settings& settings_;
  Handlers handlers_;
  NodePtr only_;                 ///< null in a cluster
  std::unique_ptr<Link> guide_;  ///< null without one
  SlotMap map_;
  SlotMap told_;          ///< as it was when `handlers_` heard of it last
  bool settled_ = false;  ///< each server of the first map was tried
  bool map_wanted_ = false;
  bool map_asked_ = false;
  bool guide_lost_ = false;  ///< it told no slots
  TimePoint map_at_{};       ///< when it was asked for last
  std::map<Endpoint, NodePtr> nodes_;
  std::unordered_map<std::uint16_t, Traffic> traffic_;
  unsigned first_choice_;  ///< not all nodes ask and subscribe at the same server
  bool stopping_ = false;
  Counter connects_;
  Counter redirected_;
  runtime::TaskGroup tasks_;
};

}  // namespace levee::redis
