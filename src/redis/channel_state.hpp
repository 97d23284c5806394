#pragma once

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "levee/realtime/bus_inbox.hpp"
#include "levee/realtime/channel.hpp"

namespace levee::redis {

/// A message of a channel as it came over Pub/Sub.
struct Arrival {
  std::string epoch;
  realtime::MessagePtr message;
};

/// Reads "epoch offset time members\n" and the body; null message when it is none of ours.
Arrival parse_arrival(std::string_view payload);

/// Puts what comes of one channel into order: what is live, what was read from the server, and what came
/// meanwhile. Does no I/O: it asks for a read by its answers.
///
/// Limits: kMaxHeld messages are held during a read; more make another read necessary.
class ChannelState {
 public:
  static constexpr std::size_t kMaxHeld = 1000;

  explicit ChannelState(realtime::Kind kind) : kind_{kind} {}

  realtime::Kind kind() const { return kind_; }
  const realtime::Position& last() const { return last_; }
  const realtime::MessagePtr& value() const { return value_; }

  std::vector<std::shared_ptr<realtime::BusInbox>> listeners;
  bool acknowledged = false;  ///< the server has us among the subscribers
  bool full = false;          ///< the next read is from the start, for a listener that has nothing yet
  bool was_full = false;      ///< the read under way
  bool partial = false;       ///< the listeners were told last what this node knows alone

  /// A read is wanted. True: begin it now; false: one is under way, and another will follow it.
  bool want_read();
  bool reading() const { return reading_; }
  /// Whether no live message came since the last time this was asked.
  bool was_quiet() { return !std::exchange(heard_, false); }
  /// The read that was under way is lost.
  void read_failed() {
    reading_ = false;
    again_ = false;
    held_.clear();
  }

  /// Takes a live message. What can be delivered is appended to `out`. True: a read is wanted.
  bool take(Arrival arrival, std::vector<realtime::MessagePtr>& out);

  /// Takes what was read. What was held and follows is appended to `out`. True: another read is wanted.
  bool take_snapshot(const realtime::Snapshot& snapshot, std::vector<realtime::MessagePtr>& out);

 private:
  bool follows(const realtime::Message& message) const;
  void deliver(const realtime::MessagePtr& message, std::vector<realtime::MessagePtr>& out);

  realtime::Kind kind_;
  realtime::Position last_;
  realtime::MessagePtr value_;
  bool reading_ = false;
  bool again_ = false;
  bool heard_ = false;
  std::deque<Arrival> held_;
};

}  // namespace levee::redis
