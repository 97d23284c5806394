#include "delivery/waiting_room.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "levee/runtime/yield_core.hpp"

#include "delivery/response_writer.hpp"

namespace levee::delivery {
namespace {

namespace asio = boost::asio;
using runtime::ShardTask;

constexpr auto kInPlace = asio::as_tuple(asio::deferred);
constexpr std::string_view kEndOfHead = "\r\n\r\n";
/// Guests heard out between two looks at the clock.
constexpr int kHeardAtOnce = 16;

/// The request that `received` is, whole and with nothing after it; nothing when it is anything else, or asks
/// for more than a response.
std::optional<Request> read_plain_request(std::string_view received) {
  const auto end = received.find(kEndOfHead);
  if (end == std::string_view::npos || end + kEndOfHead.size() != received.size()) return std::nullopt;
  auto request = parse_head(received);
  if (!request || !request->keep_alive || request->websocket || request->posts_records) return std::nullopt;
  return std::move(*request);
}

int make_epoll_set() {
  const int set = ::epoll_create1(EPOLL_CLOEXEC);
  if (set < 0) throw boost::system::system_error{errno, boost::system::system_category(), "epoll_create1"};
  return set;
}

}  // namespace

bool answer_at_once(int socket, const Response& response, HttpDesk& desk, bool with_body, bool keep_alive) {
  desk.counters.count(response);
  ResponseWriter writer{response, desk.date, with_body, keep_alive};
  std::array<iovec, 8> pieces{};
  const auto buffers = writer.buffers();
  const auto count = std::min(buffers.size(), pieces.size());
  for (std::size_t i = 0; i < count; ++i)
    pieces[i] = {const_cast<void*>(buffers[i].data()), buffers[i].size()};  // sendmsg does not write to it
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = count;
  const auto sent = ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0) return false;
  desk.counters.bytes_sent.add(static_cast<std::uint64_t>(sent));
  return static_cast<std::uint64_t>(sent) == writer.size();
}

WaitingRoom::WaitingRoom(asio::io_context& shard, HttpDesk& desk, HandOn hand_on)
    : desk_{desk}, hand_on_{std::move(hand_on)}, set_{shard, make_epoll_set()} {}

void WaitingRoom::enter(Descriptor socket, Place place, bool tight) {
  Guest& guest = silent_.emplace_back();
  guest.self = std::prev(silent_.end());
  guest.socket = std::move(socket);
  guest.place = std::move(place);
  guest.since = Clock::now();
  guest.tight = tight;
  // Whoever had to wait to be accepted has sent its request by now.
  if (hear(guest)) watch(guest);
}

ShardTask<void> WaitingRoom::attend() {
  while (set_.is_open()) {
    const auto [error] = co_await set_.async_wait(set_.wait_read, kInPlace);
    if (error) co_return;
    while (hear_some()) {
      runtime::yield_core();
      co_await asio::post(set_.get_executor(), kInPlace);
    }
  }
}

bool WaitingRoom::hear_some() {
  const auto until = Clock::now() + door_slice(desk_.shelf);
  do {
    if (!set_.is_open()) return false;
    std::array<epoll_event, kHeardAtOnce> events;
    const int count = ::epoll_wait(set_.native_handle(), events.data(), kHeardAtOnce, 0);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      Guest& guest = *static_cast<Guest*>(event.data.ptr);
      if ((event.events & (EPOLLHUP | EPOLLERR)) != 0) {
        leave(guest);  // neither end can send any more
      } else {
        hear(guest);
      }
    }
    if (count < kHeardAtOnce) return false;
  } while (Clock::now() < until);
  return true;
}

bool WaitingRoom::hear(Guest& guest) {
  const auto space =
      std::min(buffer_.size(), desk_.settings.head_limit_bytes);  // what a reader can take over
  const auto size = ::recv(guest.socket.number(), buffer_.data(), space, MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  if (size <= 0) {
    leave(guest);
    return false;
  }
  return answer(guest, {buffer_.data(), static_cast<std::size_t>(size)});
}

bool WaitingRoom::answer(Guest& guest, std::string_view received) {
  auto request = read_plain_request(received);
  Heard heard;
  if (request) {
    RequestView view = request->view();
    view.tight = guest.tight;
    view.ticket = &guest.ticket;
    const Reception reception = desk_.responder.meet(view, desk_.moment());
    if (reception.refusal) return tell(guest, *reception.refusal, request->method != Method::head);
    heard.request = std::make_unique<Request>(std::move(*request));
    heard.let_in = reception.let_in;
  } else {
    heard.received = received;
  }
  pass_on(guest, std::move(heard));
  return false;
}

bool WaitingRoom::tell(Guest& guest, const Response& refusal, bool with_body) {
  if (!answer_at_once(guest.socket.number(), refusal, desk_, with_body, true)) {
    leave(guest);  // it asks again and again, and reads nothing
    return false;
  }
  guest.since = Clock::now();
  told_.splice(told_.end(), list_of(guest), guest.self);
  guest.told = true;
  return true;
}

void WaitingRoom::watch(Guest& guest) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP;
  event.data.ptr = &guest;
  if (::epoll_ctl(set_.native_handle(), EPOLL_CTL_ADD, guest.socket.number(), &event) != 0)
    return leave(guest);  // no memory
  guest.watched = true;
}

void WaitingRoom::pass_on(Guest& guest, Heard heard) {
  if (guest.watched) ::epoll_ctl(set_.native_handle(), EPOLL_CTL_DEL, guest.socket.number(), nullptr);
  std::list<Guest> leaving;
  leaving.splice(leaving.begin(), list_of(guest), guest.self);
  hand_on_(guest, std::move(heard));
}

void WaitingRoom::leave(Guest& guest) { list_of(guest).erase(guest.self); }

bool WaitingRoom::give_up_one() {
  if (told_.empty()) return false;
  desk_.counters.given_up.add();
  leave(told_.back());
  return true;
}

void WaitingRoom::check(TimePoint now) {
  for (auto* guests : {&silent_, &told_}) {
    while (!guests->empty() && now - guests->front().since >= desk_.settings.idle_timeout) {
      desk_.counters.idle_timeouts.add();
      leave(guests->front());
    }
  }
}

void WaitingRoom::close() {
  silent_.clear();
  told_.clear();
  ErrorCode ignored;
  set_.close(ignored);
}

}  // namespace levee::delivery
