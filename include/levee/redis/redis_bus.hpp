#pragma once

#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "levee/base/metrics.hpp"
#include "levee/realtime/bus.hpp"
#include "levee/redis/settings.hpp"

namespace levee::redis {

/// The bus of nodes that share a Redis server (6.2 or newer) or a Redis Cluster.
///
/// Two connections, one for commands and one for subscriptions, both pipelined; in a cluster one for commands
/// to each master. Each comes back by itself with a jittered backoff. Order, positions and counts are made by
/// scripts on the server. A message that was lost between the server and us is seen by its offset and fetched
/// from the channel's stream. What a node owns (members, counts) is leased: a node that dies leaves no
/// ghosts.
///
/// While the server is away: publications fail with realtime::Errc::bus_down; counts and members are told
/// from what this node knows, marked partial; when it is back, everything is said again and read again. In a
/// cluster that holds for the channels of a lost master; `state` is up while any can be spoken to.
///
/// Lifetime: `home` outlives it. `stop` it before it is destroyed, and its clients before that.
/// Thread: any; it lives on that of `home`.
class RedisBus final : public realtime::Bus {
 public:
  RedisBus(boost::asio::io_context& home, Settings settings);
  ~RedisBus() override;
  RedisBus(const RedisBus&) = delete;
  RedisBus& operator=(const RedisBus&) = delete;

  /// Connects, and goes on trying.
  void start();
  /// Thread: any shard's.
  boost::asio::awaitable<void> stop();

  std::unique_ptr<realtime::BusClient> attach(boost::asio::io_context& shard,
                                              realtime::BusListener& listener) override;
  void set_value(const std::string& channel, std::string body, std::int64_t time_ms) override;
  void set_count(const std::string& channel, std::uint64_t count, std::int64_t time_ms) override;
  void read_trails(const std::string& channel, const std::string& device, TrailsRead done) override;
  realtime::BusState state() const override;

  void write_metrics(MetricsText& out) const;

 private:
  class Client;
  class Core;
  std::shared_ptr<Core> core_;
};

}  // namespace levee::redis
