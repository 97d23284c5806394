#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "levee/realtime/bus.hpp"

namespace levee::realtime {

/// Carries what a bus has to say to one shard over to its thread, in order; a burst wakes the shard once.
///
/// Limits: 8192 messages wait; what comes beyond is dropped and told as `overflowed`. Completions are never
/// dropped: there are no more of them than publications under way.
/// Thread: any, but `close` on the shard.
class BusInbox : public std::enable_shared_from_this<BusInbox> {
 public:
  static constexpr std::size_t kLimit = 8192;

  BusInbox(boost::asio::io_context& shard, BusListener& listener) : shard_{shard}, listener_{&listener} {}

  void reset(const std::string& channel, SnapshotPtr snapshot);
  void message(const std::string& channel, MessagePtr message);
  /// Runs `done` on the shard, while the listener lives.
  void complete(std::function<void()> done);

  /// Nothing is delivered from now on.
  void close() { listener_ = nullptr; }

 private:
  struct Reset {
    std::string channel;
    SnapshotPtr snapshot;
  };
  struct Arrival {
    std::string channel;
    MessagePtr message;
  };
  struct Completion {
    std::function<void()> done;
  };
  using Event = std::variant<Reset, Arrival, Completion>;

  void push(Event event);
  void drain();
  void deliver(Event& event);

  boost::asio::io_context& shard_;
  BusListener* listener_;  ///< of the shard's thread alone
  std::mutex mutex_;
  std::vector<Event> events_;
  bool overflowed_ = false;
};

}  // namespace levee::realtime
