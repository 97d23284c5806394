#include "ingest/shared_port.hpp"

#include <boost/asio/ip/v6_only.hpp>
#include <sys/socket.h>

namespace levee::ingest {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

ErrorCode share_port(tcp::acceptor& acceptor) {
  const int on = 1;
  if (::setsockopt(acceptor.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0) return {};
  return {errno, boost::system::system_category()};
}

Result<tcp::acceptor> listen_on(asio::io_context& context, const tcp::endpoint& endpoint, bool shared) {
  tcp::acceptor acceptor{context};
  ErrorCode error;
  acceptor.open(endpoint.protocol(), error);
  if (error) return error;
  acceptor.set_option(tcp::acceptor::reuse_address{true}, error);
  if (endpoint.address().is_v6() && endpoint.address().is_unspecified())
    acceptor.set_option(asio::ip::v6_only{false}, error);
  if (error) return error;
  if (shared) error = share_port(acceptor);
  if (error) return error;
  acceptor.bind(endpoint, error);
  if (error) return error;
  acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return error;
  return acceptor;
}

}  // namespace

Result<std::vector<tcp::acceptor>> listen_on_all(runtime::ShardPool& shards, const std::string& address,
                                                 std::uint16_t port) {
  ErrorCode error;
  tcp::endpoint endpoint{asio::ip::make_address(address, error), port};
  if (error) return error;
  if (port != 0) {
    // A socket that does not share finds out whether anyone else listens.
    auto alone = listen_on(shards.shard(0), endpoint, false);
    if (!alone && alone.error() == asio::error::address_family_not_supported)
      endpoint.address(asio::ip::address_v4::any());
    else if (!alone)
      return alone.error();
  }
  std::vector<tcp::acceptor> acceptors;
  for (std::size_t i = 0; i < shards.size(); ++i) {
    auto acceptor = listen_on(shards.shard(i), endpoint, true);
    if (!acceptor && acceptor.error() == asio::error::address_family_not_supported) {
      endpoint.address(asio::ip::address_v4::any());
      acceptor = listen_on(shards.shard(i), endpoint, true);
    }
    if (!acceptor) return acceptor.error();
    endpoint.port(acceptor->local_endpoint(error).port());
    if (error) return error;
    acceptors.push_back(std::move(*acceptor));
  }
  return acceptors;
}

asio::ip::address unmapped(const asio::ip::address& address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
  return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
}

std::string to_text(const asio::ip::address& address, std::uint16_t port) {
  const auto plain = unmapped(address);
  const auto text = plain.to_string();
  return (plain.is_v6() ? '[' + text + ']' : text) + ':' + std::to_string(port);
}

}  // namespace levee::ingest
