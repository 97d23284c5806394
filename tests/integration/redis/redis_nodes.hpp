#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "levee/redis/redis_bus.hpp"
#include "levee/runtime/task_group.hpp"

#include "support/bus_contract.hpp"

namespace levee::test {

/// Two nodes that a Redis joins. Whoever derives from it has the servers, and calls `stop_all` before they
/// go.
class RedisNodes : public BusContract {
 protected:
  void start(const std::string& url, const std::string& ca_file = "") {
    url_ = url;
    ca_file_ = ca_file;
    for (int node = 0; node < 2; ++node) {
      buses_[node] = std::make_unique<redis::RedisBus>(context, settings("n" + std::to_string(node)));
      buses_[node]->start();
    }
    EXPECT_TRUE(wait_until([&] { return both(realtime::BusState::up); }));
  }
  void stop_all() {
    runtime::TaskGroup stopping{context};
    for (auto& bus : buses_) {
      if (bus) stopping.spawn("stop", bus->stop());
    }
    EXPECT_TRUE(wait_until([&] { return stopping.size() == 0; }));
  }
  void stop(redis::RedisBus& bus) {
    runtime::TaskGroup stopping{context};
    stopping.spawn("stop", bus.stop());
    EXPECT_TRUE(wait_until([&] { return stopping.size() == 0; }));
  }

  redis::Settings settings(const std::string& node) const {
    redis::Settings settings;
    settings.address = redis::parse_url(url_).value();
    settings.ca_file = ca_file_;
    settings.node = node;
    settings.reply_timeout = std::chrono::seconds{1};
    settings.backoff_max = std::chrono::milliseconds{300};
    settings.lease = std::chrono::seconds{4};
    settings.trails = kTrails;
    return settings;
  }

  bool both(realtime::BusState state) const {
    return buses_[0]->state() == state && buses_[1]->state() == state;
  }
  realtime::Bus& bus(int node) override { return *buses_[node]; }

  std::unique_ptr<redis::RedisBus> buses_[2];

 private:
  std::string url_;
  std::string ca_file_;  ///< whom to trust for TLS
};

}  // namespace levee::test
