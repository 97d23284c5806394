#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "levee/base/result.hpp"
#include "levee/realtime/message.hpp"
#include "levee/realtime/track_trail.hpp"

namespace levee::realtime {

/// Whether the bus reaches the other nodes.
enum class BusState {
  up,
  down,  ///< nothing can be published; counts and members are those of this node
};

/// Takes what a bus tells a shard. Thread: called on that shard.
class BusListener {
 public:
  virtual ~BusListener() = default;
  /// The channel as it is: after `subscribe`, and again whenever what comes next does not follow what came
  /// before. For a `log` it may also hold what was missed: then its messages go on from the last one.
  virtual void reset(const std::string& channel, const SnapshotPtr& snapshot) = 0;
  /// The next message, in the order of offsets. One whose offset does not follow was preceded by a loss:
  /// subscribing again brings a snapshot.
  virtual void message(const std::string& channel, const MessagePtr& message) = 0;
  /// More came than the shard took; messages of any channel are missing.
  virtual void overflowed() = 0;
};

/// A shard's end of the bus. Destroying it gives up its subscriptions and members; no callback comes after.
///
/// Thread: all of it on its shard.
class BusClient {
 public:
  virtual ~BusClient() = default;

  /// Messages of `channel` from now on, a snapshot first. While the bus is away, a `log` has none: its
  /// snapshot comes when the bus is back. On a subscribed channel: a new snapshot.
  virtual void subscribe(const std::string& channel) = 0;
  virtual void unsubscribe(const std::string& channel) = 0;

  /// Appends to a `log` and tells where, or why the channel's rules refuse it (Published::refusal). What the
  /// publication changes of the rules holds from then on, on all nodes, until it is changed again or the bus
  /// loses its data.
  /// Errors: Errc::bus_down, Errc::bus_timeout: unknown whether it was published; safe to repeat with the id.
  virtual void publish(const std::string& channel, Publication publication,
                       std::function<void(Result<Published>)> done) = 0;

  /// Puts records into a `state` or `track`, as one message. A record is taken when its key has none yet, or
  /// one of a lower version; one of the same version is taken when its mark differs: its body is then
  /// ignored, and the old one stays. When none is taken there is no message. Errors: as `publish`; a put may
  /// be repeated, for what was taken is old the second time.
  virtual void put(const std::string& channel, std::vector<Record> records,
                   std::function<void(Result<Put>)> done) = 0;

  /// Adds places to the trail of a `track`'s device, each by its own time; one of a version that is there is
  /// not added again. Errors: as `publish`; may be repeated.
  virtual void extend_trail(const std::string& channel, const std::string& device,
                            std::vector<TrackPoint> points, std::function<void(ErrorCode)> done) = 0;

  /// Who is in a `set` through this shard. Kept up until they leave, however the bus comes and goes; a node
  /// that dies takes its members along within the lease.
  virtual void change_members(const std::string& channel, MemberChanges changes) = 0;
};

/// What carries messages, members and counts between the shards of a node, and between nodes. A port,
/// implemented by MemoryBus and redis::RedisBus; one contract test suite runs on both.
///
/// Thread: any.
class Bus {
 public:
  virtual ~Bus() = default;

  /// Lifetime: the bus outlives what is returned, `shard` and `listener` too.
  virtual std::unique_ptr<BusClient> attach(boost::asio::io_context& shard, BusListener& listener) = 0;

  /// Sets a `value` for all nodes. `body` is JSON; an empty one forgets the value, and tells nobody. Dropped
  /// when the bus is away: say it again from time to time. An unchanged value is not told again.
  virtual void set_value(const std::string& channel, std::string body, std::int64_t time_ms) = 0;

  /// This node's share of a count; the channel's value is `{"n":sum over all nodes}`. Holds until it is set
  /// anew; zero takes the node out. When a node is back within moments of its end, what the value was then
  /// falls by a fifth a second at most for kCountRecovery, with `"recovering":true`: those who watched are on
  /// their way back.
  virtual void set_count(const std::string& channel, std::uint64_t count, std::int64_t time_ms) = 0;

  using TrailsRead = std::function<void(Result<std::vector<DeviceTrail>>)>;
  /// The devices of a `track`, each where it was last; with `device` that one alone, with its trail. The same
  /// on every node. `done` is called once, on any thread, perhaps before this returns.
  /// Errors: Errc::bus_down, Errc::bus_timeout.
  virtual void read_trails(const std::string& channel, const std::string& device, TrailsRead done) = 0;

  virtual BusState state() const = 0;
};

}  // namespace levee::realtime
