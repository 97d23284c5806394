#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "levee/base/clock.hpp"
#include "levee/realtime/track_trail.hpp"
#include "levee/redis/error.hpp"

namespace levee::redis {

/// Whether to speak TLS, and whom to trust.
struct Tls {
  bool enabled = false;
  std::string ca_file;  ///< PEM; empty: the system's
};

/// Where a program listens.
struct Endpoint {
  std::string host;
  std::string port;
  auto operator<=>(const Endpoint&) const = default;
};

/// Where a Redis server is, and as whom to speak to it.
struct Address {
  std::string host;  ///< empty when it is to be asked of `sentinels`, or `cluster` is not empty
  std::string port = "6379";
  std::vector<Endpoint> sentinels;
  std::string master;             ///< what the Sentinels call it
  std::vector<Endpoint> cluster;  ///< some of its servers; any one that answers will do to begin with
  bool tls = false;               ///< to the server, not to Sentinels
  std::string user;               ///< empty: the default one
  std::string password;           ///< empty: none is sent
  int database = 0;
};

/// Reads `redis://[[user]:password@]host[:port][/database]`, the same with `rediss://` for TLS, and
/// `redis+sentinel://[[user]:password@]host[:port],host[:port].../master[/database]`, where the hosts are
/// Sentinels (port 26379) that are asked without a password where the master is; `rediss+sentinel://` speaks
/// TLS to that master. `redis+cluster://[[user]:password@]host[:port],host[:port]...` and `rediss+cluster://`
/// name servers of a cluster. User and password may be percent-encoded; an IPv6 host stands in brackets.
/// Errors: Errc::bad_url.
Result<Address> parse_url(std::string_view url);

/// Where Redis is, and how long it may take.
struct Settings {
  Address address;
  std::string ca_file;  ///< PEM, of the authorities trusted for TLS; empty: the system's
  /// This node's name among its fellows: 1 to 64 of `A-Z a-z 0-9 _ - .`; another one after each start.
  std::string node;
  std::string prefix = "levee";  ///< of every key and channel
  Duration connect_timeout = std::chrono::seconds{3};
  Duration reply_timeout = std::chrono::seconds{3};
  Duration backoff_min = std::chrono::milliseconds{100};
  Duration backoff_max = std::chrono::seconds{5};
  Duration lease = std::chrono::seconds{10};  ///< of a node's members
  realtime::TrailLimits trails;               ///< `devices` of each group; a trail is kept for a day
  /// Of its counts: with the half second between two looks, a node that died is gone from them in two.
  Duration count_lease = std::chrono::milliseconds{1500};
};

}  // namespace levee::redis
