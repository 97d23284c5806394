#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "levee/realtime/message.hpp"

namespace levee::simulation {

/// Rules of a client of feeds, each of which can be taken away to see that it is missed.
enum class FeedMutant {
  none,
  any_frame_is_fresh,    ///< late frames count as signs of life
  live_without_sync,     ///< live again as soon as the socket is open
  no_gap_check,          ///< offsets are ignored
  no_heartbeat_timeout,  ///< the socket is trusted until it closes
  no_watermark,          ///< the last frame wins
  no_age,                ///< no limit to how long ago a key was vouched for
  forgets,               ///< keys that a snapshot lacks are forgotten, watermark and all
  source_has_no_gate,    ///< of the source: it says that it has said all before it has
};

/// The reference client of a feed: docs/protocol.md, Feeds, For those who watch. Times are its own clock's,
/// in ms.
class FeedClient {
 public:
  struct Key {
    realtime::Version version;
    std::int64_t time = 0;     ///< server time of origin
    std::int64_t vouched = 0;  ///< server time
    std::int64_t ttl = 0;
    bool stale = true;
  };

  FeedClient(FeedMutant mutant, std::function<void(const std::string&)> send)
      : mutant_{mutant}, send_{std::move(send)} {}

  void opened(std::int64_t now);
  void closed();
  void received(const std::string& text, std::int64_t now);
  /// To be called often. False: give the socket up, and open another.
  bool tick(std::int64_t now);

  bool live(const std::string& key, std::int64_t now) const;
  const std::map<std::string, Key>& keys() const { return keys_; }

 private:
  static constexpr std::int64_t kHeartbeat = 1000;
  static constexpr std::int64_t kTimeout = kHeartbeat * 5 / 2;
  static constexpr std::int64_t kLagMax = 1500;

  void subscribe(std::int64_t now);
  void take_frame(const nlohmann::json& message, std::int64_t now);
  void take_record(const nlohmann::json& record, const nlohmann::json& frame);
  void take_sync(const nlohmann::json& sync);
  void take_top(const nlohmann::json& top, std::int64_t now);
  void take_pong(std::int64_t sent, std::int64_t server, std::int64_t now);
  void fresh_at(std::int64_t server_time, std::int64_t now);
  std::int64_t server_now(std::int64_t now) const { return now + offset_.value_or(0); }

  FeedMutant mutant_;
  std::function<void(const std::string&)> send_;
  bool open_ = false;
  bool synced_ = false;
  std::string epoch_;
  std::uint64_t offset_seen_ = 0;
  std::uint64_t expected_top_ = 0;
  std::optional<std::int64_t> offset_;
  std::int64_t error_ = 0;
  std::int64_t fresh_ = 0;
  std::int64_t subscribed_at_ = 0;
  std::int64_t pinged_at_ = 0;
  std::map<std::string, Key> keys_;
  std::map<std::string, realtime::Version> in_snapshot_;
};

}  // namespace levee::simulation
