#include "surge/socket_poll.hpp"

#include <cerrno>

namespace levee::surge {
namespace {

namespace asio = boost::asio;

int new_epoll() {
  const int made = ::epoll_create1(EPOLL_CLOEXEC);
  if (made < 0) throw boost::system::system_error{ErrorCode{errno, boost::system::system_category()}};
  return made;
}

}  // namespace

SocketPoll::SocketPoll(asio::io_context& context) : epoll_{context.get_executor(), new_epoll()} { wait(); }

ErrorCode SocketPoll::watch(int socket, PolledSocket& owner, bool room) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP | EPOLLET;
  if (room) event.events |= EPOLLOUT;
  event.data.ptr = &owner;
  const auto ask = [&](int what) { return ::epoll_ctl(epoll_.native_handle(), what, socket, &event); };
  if (ask(EPOLL_CTL_ADD) == 0) return {};
  if (errno == EEXIST && ask(EPOLL_CTL_MOD) == 0) return {};
  return {errno, boost::system::system_category()};
}

// An epoll descriptor is itself readable while one of its sockets is ready.
void SocketPoll::wait() {
  epoll_.async_wait(asio::posix::descriptor_base::wait_read, [this](const ErrorCode& error) {
    if (error) return;
    tell();
    wait();
  });
}

void SocketPoll::tell() {
  const int count = ::epoll_wait(epoll_.native_handle(), events_.data(), kAtOnce, 0);
  for (int i = 0; i < count; ++i) {
    const auto& event = events_[static_cast<std::size_t>(i)];
    const bool hung_up = (event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    static_cast<PolledSocket*>(event.data.ptr)->ready(hung_up);
  }
}

}  // namespace levee::surge
