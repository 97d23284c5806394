#include "surge/network.hpp"

#include <algorithm>
#include <cerrno>
#include <unistd.h>

#include <netinet/in.h>
#include <sys/socket.h>

namespace levee::surge {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

ErrorCode last_error() { return {errno, boost::system::system_category()}; }

}  // namespace

Result<int> Network::open_socket(const tcp::endpoint& target) {
  const int socket = ::socket(target.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  auto error = socket < 0 ? last_error() : take_turn(socket, target);
  if (error) {
    count_failure(error);
    if (socket >= 0) ::close(socket);
    return error;
  }
  connections_peak = std::max(connections_peak, ++connections_);
  return socket;
}

// The first address is the one that the kernel takes by itself: those whose turn it is need no bind.
ErrorCode Network::take_turn(int socket, const tcp::endpoint& target) {
  if (sources_ <= 1 || !target.address().is_v4() || !target.address().is_loopback()) return {};
  const auto turn = next_;
  next_ = (next_ + 1) % sources_;
  if (turn == 0) return {};
  const int on = 1;  // the port is then chosen by connect(), for this target alone
  ::setsockopt(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  const tcp::endpoint source{asio::ip::address_v4{INADDR_LOOPBACK + turn}, 0};
  return ::bind(socket, source.data(), static_cast<socklen_t>(source.size())) == 0 ? ErrorCode{}
                                                                                   : last_error();
}

void Network::close_socket(int socket, bool by_reset) {
  const linger at_once{1, 0};
  if (by_reset) ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(socket);
  --connections_;
}

void Network::count_failure(const ErrorCode& error) {
  switch (error.value()) {
    case EMFILE:
    case ENFILE:
      ++failures.descriptors;
      break;
    case EADDRNOTAVAIL:
    case EADDRINUSE:
      ++failures.ports;
      break;
    case ENOMEM:
    case ENOBUFS:
      ++failures.memory;
      break;
    default:
      break;
  }
}

}  // namespace levee::surge
