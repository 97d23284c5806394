#include "fetch/caller.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <string_view>
#include <unistd.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <system_error>

#include "surge/response_head.hpp"

namespace levee::fetch {
namespace {

constexpr std::size_t kFirstRead = 4096;
constexpr std::uint64_t kOneRead = 1024 * 1024;
/// Looks at the clock once in so many calls.
constexpr int kCallsAtOnce = 32;

[[noreturn]] void fail(const char* what) { throw std::system_error{errno, std::system_category(), what}; }

/// Reads at least a byte.
std::size_t read(int socket, char* bytes, std::size_t size, int flags) {
  const auto got = ::recv(socket, bytes, size, flags);
  if (got < 0) fail("recv");
  if (got == 0) throw std::runtime_error{"the server closed a connection before its answer was whole"};
  return static_cast<std::size_t>(got);
}

}  // namespace

Caller::Caller(const surge::Target& target, std::size_t connections)
    : target_{target}, request_{request_for(target)}, connections_{connections} {}

Caller::~Caller() {
  for (const int socket : open_) ::close(socket);
}

Tally Caller::run(Duration time) {
  tally_ = {};
  const auto start = Clock::now();
  while (open_.size() < connections_) call();
  do {
    for (int i = 0; i < kCallsAtOnce; ++i) {
      take_answer(open_.front());
      ::close(open_.front());
      open_.pop_front();
      call();
    }
    tally_.lasted = Clock::now() - start;
  } while (tally_.lasted < time);
  return tally_;
}

void Caller::call() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) fail("socket");
  open_.push_back(socket);
  const linger reset{1, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  // The last packet of the handshake then waits for the request and goes with it.
  const int at_once = 0;
  ::setsockopt(socket, IPPROTO_TCP, TCP_QUICKACK, &at_once, sizeof at_once);
  const auto& endpoint = target_.endpoint;
  if (::connect(socket, endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0) fail("connect");
  const auto sent = ::send(socket, request_.data(), request_.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(request_.size())) fail("send");
}

void Caller::take_answer(int socket) {
  std::array<char, kFirstRead> buffer;
  const std::size_t size = read(socket, buffer.data(), buffer.size(), 0);
  const std::string_view bytes{buffer.data(), size};
  surge::ResponseHead head;
  const bool whole = surge::read_head(bytes, head) == surge::HeadState::complete && head.length_bytes;
  if (!whole || (head.status != 200 && head.status != 503))
    throw std::runtime_error{"not a response of 200 or 503 with a length: " +
                             std::string{bytes.substr(0, bytes.find('\r'))}};
  const std::uint64_t body = *head.length_bytes;
  std::uint64_t left = body - std::min<std::uint64_t>(size - head.size_bytes, body);
  // MSG_TRUNC: TCP drops the bytes without copying them anywhere (tcp(7)).
  while (left > 0) left -= read(socket, nullptr, std::min(left, kOneRead), MSG_TRUNC);
  tally_.body_bytes += body;
  ++tally_.responses;
  if (head.status == 503) ++tally_.refusals;
}

}  // namespace levee::fetch
