#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include "levee/base/result.hpp"

namespace levee::surge {

/// Where a run's requests go.
struct Target {
  boost::asio::ip::tcp::endpoint endpoint;
  std::string host;  ///< for the Host field, with the port
  std::string path;  ///< of the multivariant playlist, with its query
};

/// An http URL in its pieces.
struct Url {
  std::string scheme;
  std::string host;
  std::string port;
  std::string path;
};

/// Reads scheme://HOST[:PORT][/PATH]; the port is 80, 443 or 1935 (rtmp) when it is left out. An IPv6 address
/// stands in brackets. Errors: invalid_argument.
Result<Url> parse_url(std::string_view text);

/// Reads and resolves the URL of a playlist. Blocks while a name is looked up.
/// Errors: invalid_argument for what is no http URL; what the resolver says.
Result<Target> resolve_target(std::string_view url);

}  // namespace levee::surge
