#include "fetch/fetcher.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <string_view>
#include <unistd.h>

#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <system_error>

#include "surge/response_head.hpp"

namespace levee::fetch {
namespace {

constexpr std::size_t kFirstRead = 2048;
constexpr std::uint64_t kOneRead = 1024 * 1024;

[[noreturn]] void fail(const char* what) { throw std::system_error{errno, std::system_category(), what}; }

}  // namespace

Fetcher::Fetcher(const surge::Target& target, std::size_t connections)
    : request_{request_for(target)}, connections_(connections), epoll_{::epoll_create1(EPOLL_CLOEXEC)} {
  if (epoll_ < 0) fail("epoll");
  for (auto& connection : connections_) {
    connection.socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection.socket < 0) fail("socket");
    const int on = 1;
    ::setsockopt(connection.socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(connection.socket, target.endpoint.data(),
                  static_cast<socklen_t>(target.endpoint.size())) != 0)
      fail("connect");
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &connection;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.socket, &event) != 0) fail("epoll_ctl");
  }
}

Fetcher::~Fetcher() {
  for (const auto& connection : connections_)
    if (connection.socket >= 0) ::close(connection.socket);
  ::close(epoll_);
}

Tally Fetcher::run(Duration time) {
  tally_ = {};
  for (const auto& connection : connections_)
    if (!connection.in_body) ask(connection);
  const auto start = Clock::now();
  std::array<epoll_event, 256> events;
  do {
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 1000);
    if (count < 0 && errno != EINTR) fail("epoll_wait");
    for (int i = 0; i < count; ++i)
      read(*static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr));
    tally_.lasted = Clock::now() - start;
  } while (tally_.lasted < time);
  return tally_;
}

void Fetcher::ask(const Connection& connection) {
  const auto sent = ::send(connection.socket, request_.data(), request_.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(request_.size())) fail("send");
}

void Fetcher::read(Connection& connection) {
  std::uint64_t got = 0;
  if (connection.in_body) {
    // MSG_TRUNC: TCP drops the bytes without copying them anywhere (tcp(7)).
    const auto size =
        ::recv(connection.socket, nullptr, std::min(connection.left, kOneRead), MSG_TRUNC | MSG_DONTWAIT);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) throw std::runtime_error{"the server closed a connection within a body"};
    got = static_cast<std::uint64_t>(size);
  } else {
    got = read_head(connection);
  }
  connection.left -= got;
  tally_.body_bytes += got;
  if (connection.left > 0) return;
  connection.in_body = false;
  ++tally_.responses;
  ask(connection);
}

// Gives how much of the body came along. A head comes whole: a server sends it at once.
std::uint64_t Fetcher::read_head(Connection& connection) {
  std::array<char, kFirstRead> buffer;
  const auto size = ::recv(connection.socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (size <= 0) throw std::runtime_error{"the server closed a connection"};
  const std::string_view bytes{buffer.data(), static_cast<std::size_t>(size)};
  surge::ResponseHead head;
  if (surge::read_head(bytes, head) != surge::HeadState::complete || head.status != 200 || !head.length_bytes)
    throw std::runtime_error{"not a response of 200 with a length: " +
                             std::string{bytes.substr(0, bytes.find('\r'))}};
  connection.in_body = true;
  connection.left = *head.length_bytes;
  return bytes.size() - head.size_bytes;
}

}  // namespace levee::fetch
