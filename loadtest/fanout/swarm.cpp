#include "fanout/swarm.hpp"

#include <algorithm>
#include <cerrno>
#include <unistd.h>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <system_error>

#include "surge/websocket_client.hpp"

namespace levee::fanout {
namespace {

using surge::WebSocketClient;

constexpr std::uint32_t kMask = 0x5a5a5a5a;
constexpr std::uint32_t kSourceAddresses = 16;
constexpr std::size_t kMostHead = 8192;

template <class Value>
void set(int socket, int level, int name, const Value& value) {
  ::setsockopt(socket, level, name, &value, sizeof value);
}

sockaddr_in loopback(std::uint32_t host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + host);
  address.sin_port = htons(port);
  return address;
}

[[noreturn]] void fail(const char* what) { throw std::system_error{errno, std::system_category(), what}; }

}  // namespace

Swarm::Swarm(Target target, std::size_t most_clients)
    : target_{std::move(target)},
      epoll_{::epoll_create1(EPOLL_CLOEXEC)},
      clients_(most_clients),
      log_{static_cast<std::uint32_t>(target_.ports.size())} {
  if (epoll_ < 0) fail("epoll");
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    clients_[i].index = i;
    clients_[i].cursor.group = static_cast<std::uint32_t>(i % target_.ports.size());
  }
}

Swarm::~Swarm() {
  drop_all();
  ::close(epoll_);
}

void Swarm::watch(Client& client, std::uint32_t events, int operation) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &client;
  if (::epoll_ctl(epoll_, operation, client.socket, &event) != 0) fail("epoll_ctl");
}

void Swarm::dial(Client& client) {
  client.socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (client.socket < 0) fail("socket");
  client.stage = Client::Stage::connecting;
  client.reader = {};
  client.head.clear();
  set(client.socket, IPPROTO_TCP, TCP_NODELAY, 1);
  set(client.socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
  // Broken off, not closed: nothing of it stays behind in TIME_WAIT.
  set(client.socket, SOL_SOCKET, SO_LINGER, linger{1, 0});
  const auto from = loopback(1 + static_cast<std::uint32_t>(client.index) % kSourceAddresses, 0);
  const auto to = loopback(0, target_.ports[client.cursor.group]);
  if (::bind(client.socket, reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0) fail("bind");
  watch(client, EPOLLOUT, EPOLL_CTL_ADD);
  const int refused = ::connect(client.socket, reinterpret_cast<const sockaddr*>(&to), sizeof to);
  if (refused != 0 && errno != EINPROGRESS && errno != ECONNREFUSED) fail("connect");
}

void Swarm::join(Client& client, std::uint64_t missed) {
  if (target_.dialect == Dialect::plain) {
    client.stage = Client::Stage::joined;
    return handler_(client, Event::joined);
  }
  const auto seen = client.cursor.next - std::min(missed, client.cursor.next);
  const Whereabouts was{client.token, client.epoch, seen};
  send(client, WebSocketClient::text_frame(hello_text(target_.channel, was), kMask));
}

void Swarm::publish(Client& client, TimePoint due) {
  const auto text = message_text(log_.sent(due));
  send(client, WebSocketClient::text_frame(publish_text(target_.dialect, target_.channel, text), kMask));
}

void Swarm::set_asleep(Client& client, bool asleep) {
  client.asleep = asleep;
  client.cursor.counts = !asleep;
  client.frames = 0;
  client.gaps = 0;
  watch(client, asleep ? 0U : static_cast<std::uint32_t>(EPOLLIN), EPOLL_CTL_MOD);
}

void Swarm::drop_all() {
  for (auto& client : clients_) {
    if (client.socket >= 0) ::close(client.socket);
    client.socket = -1;
    client.stage = Client::Stage::away;
  }
}

void Swarm::poll(Duration most) {
  std::array<epoll_event, 256> events;
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(std::max(most, Duration::zero()));
  const int count =
      ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), static_cast<int>(wait.count()));
  if (count < 0 && errno != EINTR) fail("epoll_wait");
  for (int i = 0; i < count; ++i) {
    const auto& event = events[static_cast<std::size_t>(i)];
    ready(*static_cast<Client*>(event.data.ptr), event.events);
  }
}

void Swarm::ready(Client& client, std::uint32_t events) {
  if (client.socket < 0) return;
  if (client.stage != Client::Stage::connecting) return read(client);
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) return lose(client);
  connected(client);
}

void Swarm::connected(Client& client) {
  client.stage = Client::Stage::upgrading;
  watch(client, EPOLLIN, EPOLL_CTL_MOD);
  send(client, WebSocketClient::upgrade_request("127.0.0.1", target_.path));
}

void Swarm::read(Client& client) {
  const auto size = ::recv(client.socket, input_.data(), input_.size(), 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) return lose(client);
  const std::string_view bytes{input_.data(), static_cast<std::size_t>(size)};
  bytes_in_ += bytes.size();
  const auto now = Clock::now();
  if (client.stage == Client::Stage::upgrading) return take_head(client, bytes, now);
  take_frames(client, bytes, now);
}

void Swarm::take_head(Client& client, std::string_view bytes, TimePoint now) {
  client.head += bytes;
  const auto end = client.head.find("\r\n\r\n");
  if (end == std::string::npos && client.head.size() < kMostHead) return;
  if (end == std::string::npos || !client.head.starts_with("HTTP/1.1 101 ")) return lose(client);
  const auto rest = client.head.substr(end + 4);
  std::string{}.swap(client.head);
  client.stage = Client::Stage::upgraded;
  handler_(client, Event::upgraded);
  if (!rest.empty()) take_frames(client, rest, now);
}

void Swarm::take_frames(Client& client, std::string_view bytes, TimePoint now) {
  bool closed = false;
  const bool whole = client.reader.feed(bytes, [&](FrameReader::Opcode opcode, std::string_view payload) {
    if (opcode == FrameReader::text) take_text(client, payload, now);
    if (opcode == FrameReader::ping) send(client, WebSocketClient::pong_frame(payload, kMask));
    closed = closed || opcode == FrameReader::close;
  });
  if (!whole || closed) lose(client);
}

void Swarm::take_text(Client& client, std::string_view text, TimePoint now) {
  const auto heard = read_frame(target_.dialect, text);
  switch (heard.kind) {
    case Heard::Kind::message: {
      ++client.frames;
      const auto place = heard.offset ? std::optional{*heard.offset - 1} : std::nullopt;
      log_.received(client.cursor, heard.number, place, now);
      if (client.stage != Client::Stage::catching_up || client.cursor.next < client.caught_up_at) return;
      client.stage = Client::Stage::joined;
      client.cursor.counts = true;
      return handler_(client, Event::joined);
    }
    case Heard::Kind::greeting:
      client.token = heard.text;
      return;
    case Heard::Kind::started:
      return start(client, heard);
    case Heard::Kind::gap:
      ++client.gaps;
      client.cursor.next = heard.offset.value_or(client.cursor.next);
      return;
    case Heard::Kind::refused:
      ++refused_;
      return;
    case Heard::Kind::other:
      return;
  }
}

void Swarm::start(Client& client, const Heard& heard) {
  client.epoch = heard.text;
  client.recovered = heard.recovered;
  client.frames = 0;
  client.gaps = 0;
  // Offsets begin with 1, places with 0: the offset of the last message seen is the place of the next.
  client.cursor.next = heard.from;
  client.caught_up_at = heard.offset.value_or(heard.from);
  const bool missed_none = client.cursor.next >= client.caught_up_at;
  client.stage = missed_none ? Client::Stage::joined : Client::Stage::catching_up;
  client.cursor.counts = missed_none;
  if (missed_none) handler_(client, Event::joined);
}

void Swarm::lose(Client& client) {
  const bool refused = client.stage == Client::Stage::connecting || client.stage == Client::Stage::upgrading;
  ::close(client.socket);
  client.socket = -1;
  client.stage = Client::Stage::away;
  handler_(client, refused ? Event::refused : Event::lost);
}

void Swarm::send(Client& client, std::string_view bytes) {
  // Requests are small and their answers awaited: they fit into the kernel's buffer. A connection that broke
  // tells so when it is read.
  const auto sent = ::send(client.socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent >= 0 && static_cast<std::size_t>(sent) < bytes.size()) {
    errno = EMSGSIZE;
    fail("a request did not fit into the socket's buffer");
  }
}

}  // namespace levee::fanout
