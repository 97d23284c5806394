#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "levee/base/bytes.hpp"
#include "levee/base/clock.hpp"
#include "levee/base/metrics.hpp"
#include "levee/realtime/channel.hpp"
#include "levee/realtime/message.hpp"

namespace levee::realtime {

/// Wraps a text into the frame that goes on the wire. Given by the transport.
using Framer = std::function<Bytes(std::string_view text)>;

/// Takes the frames for one connection. Implemented by the transport's connection.
class FrameSink {
 public:
  virtual ~FrameSink() = default;
  /// Adds to what the next `flush` sends.
  virtual void push(const SharedBytes& frames) = 0;
};

/// Where one subscriber is in a channel.
struct Cursor {
  std::uint64_t offset = 0;      ///< of the last thing it was given
  std::uint32_t generation = 0;  ///< of the topic's state it was given; behind the topic's: it starts anew
  bool starting = false;         ///< `state`, `track`: what it is given until the sync is a snapshot
  bool recovered = false;        ///< of that: it has what was there before
  /// `log`: up to here it is given everything, whatever the rate. `state`, `track`, while starting: the
  /// number of the last change that it was given of the snapshot; 0: none.
  std::uint64_t whole_to = 0;
};

/// What Unix time it is, told by the monotonic clock: whoever has one reads the other.
class WallClock {
 public:
  void set(TimePoint now, std::int64_t wall_ms) {
    now_ = now;
    offset_ms_ = wall_ms - ms(now);
  }
  /// When it was last read: the present, to within a turn of the thread.
  TimePoint now() const { return now_; }
  /// Unix time in ms at a moment.
  std::int64_t at(TimePoint time) const { return ms(time) + offset_ms_; }

 private:
  static std::int64_t ms(TimePoint time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
  }
  TimePoint now_{};
  std::int64_t offset_ms_ = 0;
};

class FeedView;

/// What a new subscriber is told first.
struct Start {
  std::string sync;               ///< the sync object
  std::optional<bool> recovered;  ///< `log`, when it came with a position
};

/// Counted by all topics of a hub.
struct TopicCounters {
  Counter coalesced;   ///< messages that went out in a frame or a write with an earlier one
  Counter superseded;  ///< values that were never shown, for a newer one came
  Counter sampled;     ///< messages of logs above the rate: those who see them are few, and told of the gap
  Counter gaps;        ///< told to slow subscribers
  Counter syncs;       ///< subscribers that were started anew
};

/// What a shard holds of one channel, and the channel's policy: how what happens is merged, what a subscriber
/// is given that is behind, and from where a new one starts. One subclass a kind.
///
/// `apply` and `reset` take what comes from the bus; `prepare` makes that visible; `give` brings one
/// subscriber up to what is visible, by its cursor alone, however far behind it is. Nothing is queued for
/// anyone.
class Topic {
 public:
  struct Context {
    const Framer& framer;
    TopicCounters& counters;
    const WallClock& wall;
    std::size_t log_rate = 0;  ///< messages of a `log` that one subscriber is given a second; 0: all
  };
  /// What `give` pushes at most before the connection has sent it, in bytes; one frame may go beyond.
  static constexpr std::size_t kGiveBytes = std::size_t{64} * 1024;
  /// How much of a log a first visit, or one that came too late, is shown.
  static constexpr std::size_t kRecentMessages = 50;
  /// How much of a log one that comes back is given at most; who missed more is as one that came too late.
  static constexpr std::size_t kResumeMessages = 300;

  static std::unique_ptr<Topic> make(Kind kind, std::string channel, Context context);

  Topic(std::string channel, Context context) : context_{context}, channel_{std::move(channel)} {}
  virtual ~Topic() = default;
  Topic(const Topic&) = delete;
  Topic& operator=(const Topic&) = delete;

  const std::string& channel() const { return channel_; }
  /// Whether a first snapshot came.
  bool ready() const { return ready_; }

  virtual void reset(const Snapshot& snapshot, TimePoint now) = 0;
  /// False: the message does not follow the last one, and was not taken.
  virtual bool apply(const MessagePtr& message, TimePoint now) = 0;
  /// Makes all that came visible to `give`. False: only a new snapshot can tell what it is.
  virtual bool prepare(TimePoint now) = 0;
  /// The time between two `prepare`s at least, whatever a round of the subscribers costs.
  virtual Duration interval(std::size_t) const { return Duration::zero(); }
  /// The part of a thread that giving what is new may take at most, above 0 to 1.
  virtual double most_of_thread() const { return 1; }

  /// How often the subscribers get a heartbeat that tells `visible`; zero: the connection's own is enough.
  virtual Duration heartbeat() const { return Duration::zero(); }
  /// Up to where `give` gives.
  virtual Position visible() const { return top_; }

  /// When `take_overdue` has something to say, if nothing comes before.
  virtual std::optional<TimePoint> due() const { return {}; }
  /// What the bus is to be told because time passed: whose silence it is that is to be marked, and that
  /// `subscribers` watch.
  virtual std::vector<Record> take_overdue(TimePoint, std::size_t) { return {}; }
  /// What stands in a `state` or `track`; null while the bus is away, and for other kinds.
  virtual const FeedView* feed() const { return nullptr; }

  /// The start for a subscriber that has seen what is up to `since`: the sync object, and the cursor from
  /// which `give` goes on.
  virtual Start start(const std::optional<Position>& since, Cursor& cursor, TimePoint now) = 0;
  /// Gives what is missing to `reader` (Session::user), up to kGiveBytes. True: there is more.
  virtual bool give(Cursor& cursor, FrameSink& sink, std::string_view reader) = 0;

 protected:
  SharedBytes frame(std::string_view text) const { return share(context_.framer(text)); }

  Context context_;
  std::string channel_;
  Position top_;  ///< of what was taken from the bus
  std::uint32_t generation_ = 0;
  bool ready_ = false;
};

}  // namespace levee::realtime
