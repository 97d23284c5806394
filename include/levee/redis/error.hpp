#pragma once

#include <type_traits>

#include "levee/base/result.hpp"

namespace levee::redis {

/// What goes wrong between us and a Redis server.
enum class Errc {
  bad_url = 1,       ///< not redis://[user:password@]host[:port][/database]
  tls_not_served,    ///< rediss:// : hiredis 0.14 has no TLS, and neither has our connection yet
  protocol,          ///< the server sent what is not RESP2
  refused,           ///< the server answered AUTH, SELECT or PING with an error
  timeout,           ///< no answer in time: connecting, or to a command
  too_many_waiting,  ///< more commands wait than is allowed
};

const boost::system::error_category& error_category();
inline ErrorCode make_error_code(Errc code) { return {static_cast<int>(code), error_category()}; }

}  // namespace levee::redis

template <>
struct boost::system::is_error_code_enum<levee::redis::Errc> : std::true_type {};
