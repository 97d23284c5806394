#pragma once

#include <cstdint>
#include <memory>

#include "levee/delivery/realtime_server.hpp"
#include "levee/runtime/shard.hpp"

namespace levee::test {

/// A RealtimeServer on a port of its own, on shards of its own: hands every request to it, as the HTTP server
/// hands over those for /rt.
class UpgradeHost {
 public:
  UpgradeHost(realtime::Bus& bus, realtime::Identities& identities, runtime::ShardPool& shards,
              delivery::RealtimeSettings settings = {});
  ~UpgradeHost();

  std::uint16_t port() const;
  /// As at the end of the process. The destructor does it too.
  void stop(Duration grace = std::chrono::seconds{2});
  delivery::RealtimeServer& server();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace levee::test
