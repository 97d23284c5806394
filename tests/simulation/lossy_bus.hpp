#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "levee/realtime/bus.hpp"

#include "events.hpp"
#include "redis/channel_state.hpp"

namespace levee::simulation {

class LossyBus;

/// A rule taken away, for the checks to notice.
enum class Mutant {
  none,
  same_epoch_after_loss,   ///< the log is lost, and its positions are used again
  no_publication_ids,      ///< a message sent again is a second message
  no_look_at_the_top,      ///< the last message of a burst, lost on its way, is never asked for
  drop_when_slow,          ///< what a slow connection can't take is thrown away, unsaid
  client_keeps_sync,       ///< the client takes the position of the answer for its own, before it has what is
                           ///< between
  client_ignores_recovery  ///< the client goes on as if it had missed nothing
};

/// What the nodes share: every channel's log, and all that was ever said, to check by.
class LogServer {
 public:
  LogServer(Events& events, Mutant mutant) : events_{events}, mutant_{mutant} {}

  realtime::Published publish(const std::string& channel, const realtime::Publication& publication);
  realtime::SnapshotPtr read(const std::string& channel) const;
  /// The server restarts with nothing in memory.
  void lose_everything();

  realtime::Position top(const std::string& channel) const;
  /// What stands at a position, or stood there when its epoch was lost; nothing: never anything.
  std::string truth(const realtime::Position& position) const;
  /// How often a publication with this id was made.
  std::size_t times(const std::string& id) const;

  std::vector<LossyBus*> nodes;

 private:
  struct Log {
    realtime::Position top;
    std::deque<realtime::MessagePtr> kept;
    std::map<std::string, std::uint64_t> ids;
  };
  Log& open(const std::string& channel) const;

  Events& events_;
  Mutant mutant_;
  int epochs_ = 1;
  mutable std::map<std::string, Log> logs_;
  std::map<std::pair<std::string, std::uint64_t>, std::string> truth_;
  std::map<std::string, std::map<std::string, std::size_t>> times_;  ///< by id, then by epoch
};

/// One node's way to the server: messages are lost, doubled, delayed and change places; sometimes there is no
/// way at all. Puts things into order by redis::ChannelState, as the real one does.
class LossyBus final : public realtime::Bus {
 public:
  LossyBus(Events& events, Chance& chance, LogServer& server, Mutant mutant)
      : events_{events}, chance_{chance}, server_{server}, mutant_{mutant} {}

  std::unique_ptr<realtime::BusClient> attach(boost::asio::io_context& shard,
                                              realtime::BusListener& listener) override;
  void set_value(const std::string&, std::string, std::int64_t) override {}
  void set_count(const std::string&, std::uint64_t, std::int64_t) override {}
  void read_trails(const std::string&, const std::string&, TrailsRead) override {}
  realtime::BusState state() const override {
    return up_ ? realtime::BusState::up : realtime::BusState::down;
  }

  /// The network breaks, or is whole again.
  void set_up(bool up);
  /// A message of the server, on its way to this node.
  void carry(const std::string& channel, const std::string& epoch, const realtime::MessagePtr& message);
  /// Asks of every channel whether there is more.
  void look_at_the_top();
  /// From now on nothing is lost.
  void calm() { faults_ = false; }

 private:
  class Client;
  void read(const std::string& channel);
  void arrive(const std::string& channel, const std::string& epoch, const realtime::MessagePtr& message);
  void take_read(const std::string& channel, const realtime::SnapshotPtr& snapshot);
  void publish(const std::string& channel, const realtime::Publication& publication,
               std::function<void(Result<realtime::Published>)> done);

  Events& events_;
  Chance& chance_;
  LogServer& server_;
  Mutant mutant_;
  bool up_ = true;
  bool faults_ = true;
  std::uint64_t connection_ = 0;  ///< answers of an older one don't come
  std::uint64_t client_ = 0;      ///< nor for a hub that is gone
  realtime::BusListener* listener_ = nullptr;
  std::map<std::string, redis::ChannelState> channels_;
};

}  // namespace levee::simulation
