#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include "levee/base/result.hpp"
#include "levee/runtime/shard.hpp"

namespace levee::ingest {

/// Listening sockets on one port, one for each shard: the kernel spreads connections over them
/// (SO_REUSEPORT). Port 0 takes a free one. "::" without IPv6 on the machine becomes "0.0.0.0".
///
/// Errors: of the operating system; address_in_use also when another process shares the port, which
/// SO_REUSEPORT alone would let pass in silence.
Result<std::vector<boost::asio::ip::tcp::acceptor>> listen_on_all(runtime::ShardPool& shards,
                                                                  const std::string& address,
                                                                  std::uint16_t port);

/// "192.0.2.7:51234" or "[2001:db8::1]:51234"; an IPv4 address that came in by an IPv6 socket as itself.
std::string to_text(const boost::asio::ip::address& address, std::uint16_t port);

/// An IPv4 address that came in by an IPv6 socket as itself; every other one as it is.
boost::asio::ip::address unmapped(const boost::asio::ip::address& address);

}  // namespace levee::ingest
