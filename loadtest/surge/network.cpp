#include "surge/network.hpp"

#include <cerrno>

namespace levee::surge {

bool Network::next_source(const boost::asio::ip::tcp::endpoint& target, boost::asio::ip::address& source) {
  if (sources_ <= 1 || !target.address().is_v4() || !target.address().is_loopback()) return false;
  source = boost::asio::ip::address_v4{(127u << 24) + 1 + next_};
  next_ = (next_ + 1) % sources_;
  return true;
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
