#pragma once

#include <type_traits>

#include "levee/base/result.hpp"

namespace levee::redis {

/// What goes wrong between us and a Redis server.
enum class Errc {
  bad_url = 1,       ///< see parse_url
  protocol,          ///< the server sent what is not RESP2
  refused,           ///< the server answered AUTH, SELECT or PING with an error
  timeout,           ///< no answer in time: connecting, or to a command
  no_master,         ///< no Sentinel knows one of this name, or what it named is none
  too_many_waiting,  ///< more commands wait than is allowed
  no_server,         ///< no server of the cluster has the key, or takes it, for now
};

const boost::system::error_category& error_category();
inline ErrorCode make_error_code(Errc code) { return {static_cast<int>(code), error_category()}; }

}  // namespace levee::redis

template <>
struct boost::system::is_error_code_enum<levee::redis::Errc> : std::true_type {};
