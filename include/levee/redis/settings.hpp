#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "levee/base/clock.hpp"
#include "levee/redis/error.hpp"

namespace levee::redis {

/// Where a Redis server is, and as whom to speak to it.
struct Address {
  std::string host;
  std::string port = "6379";
  std::string user;      ///< empty: the default one
  std::string password;  ///< empty: none is sent
  int database = 0;
};

/// Reads `redis://[[user]:password@]host[:port][/database]`; user and password may be percent-encoded; an
/// IPv6 host stands in brackets. Errors: Errc::bad_url, Errc::tls_not_served.
Result<Address> parse_url(std::string_view url);

/// Where Redis is, and how long it may take.
struct Settings {
  Address address;
  /// This node's name among its fellows: 1 to 64 of `A-Z a-z 0-9 _ - .`; another one after each start.
  std::string node;
  std::string prefix = "levee";  ///< of every key and channel
  Duration connect_timeout = std::chrono::seconds{3};
  Duration reply_timeout = std::chrono::seconds{3};
  Duration backoff_min = std::chrono::milliseconds{100};
  Duration backoff_max = std::chrono::seconds{5};
  Duration lease = std::chrono::seconds{10};  ///< of a node's members and counts
};

}  // namespace levee::redis
