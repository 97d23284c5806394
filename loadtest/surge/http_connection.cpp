#include "surge/http_connection.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <boost/asio/post.hpp>
#include <sys/socket.h>

namespace levee::surge {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::uint64_t kKeptLimit = 4 << 20;
constexpr std::size_t kFirstRead = 2048;  // for a head, of which a body nobody keeps may lose its first bytes
constexpr std::size_t kKeptRead = 64 * 1024;
constexpr std::size_t kThrownAway = 1 << 30;
constexpr int kThinBuffer = 32 * 1024;  // of the kernel, for a client with a bad network

ErrorCode last_error() { return {errno, boost::system::system_category()}; }

}  // namespace

HttpConnection::HttpConnection(Network& network, ExchangeOwner& owner) : network_{network}, owner_{owner} {}

void HttpConnection::set_target(const tcp::endpoint& target, std::uint64_t* received_bytes) {
  target_ = target;
  received_bytes_ = received_bytes;
}

void HttpConnection::set_link(const LinkModel& model, TimePoint now) { pace_.emplace(model, now); }

void HttpConnection::exchange(HttpRequest request) {
  const auto now = Clock::now();
  request_ = std::move(request);
  busy_ = true;
  head_complete_ = false;
  sent_bytes_ = 0;
  chunks_.reset();
  kept_.clear();
  response_ = {};
  response_.sent = last_byte_ = now;
  response_.reused = state_ == State::open && exchanges_ > 0;
  network_.wheel().schedule(patience_, now + request_.patience);
  if (state_ == State::open) {
    send_request();
    return;
  }
  if (connect()) return;
  // The owner is not called within its own call of `exchange`.
  asio::post(network_.context(), [this, generation = generation_] {
    if (generation == generation_ && busy_) finish(ExchangeEnd::no_connection, Clock::now());
  });
}

bool HttpConnection::connect() {
  ++generation_;
  exchanges_ = 0;
  hung_up_ = false;
  const auto opened = network_.open_socket(target_);
  if (!opened) return false;
  socket_ = *opened;
  state_ = State::connecting;
  ++openings_;
  if (pace_) ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &kThinBuffer, sizeof kThinBuffer);
  if (::connect(socket_, target_.data(), static_cast<socklen_t>(target_.size())) != 0 &&
      errno != EINPROGRESS) {
    network_.count_failure(last_error());
    return false;
  }
  // Over loopback the handshake is done when connect() returns, though it says that it goes on: to send at
  // once saves two calls of the kernel and a turn of the loop.
  if (!send_request()) return false;
  const bool unsent = sent_bytes_ < request_.text.size();
  const auto error = network_.poll().watch(socket_, *this, unsent);
  network_.count_failure(error);
  return !error;
}

/// Sends what is left of the request. Returns whether there is a connection, or may still be one.
bool HttpConnection::send_request() {
  const auto rest = std::string_view{request_.text}.substr(sent_bytes_);
  const auto sent = ::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
  if (sent < 0 && state_ == State::connecting) {
    if (errno == EAGAIN) return true;
    network_.count_failure(last_error());
    return false;
  }
  const bool connected = std::exchange(state_, State::open) == State::connecting;
  if (sent < 0 && errno != EAGAIN) return true;  // reading finds the connection's end, and tells
  sent_bytes_ += sent > 0 ? static_cast<std::size_t>(sent) : 0;
  if (!connected && sent_bytes_ < request_.text.size()) network_.poll().watch(socket_, *this, true);
  return true;
}

void HttpConnection::ready(bool hung_up) {
  if (state_ == State::closed) return;  // what happened was told together with its end
  hung_up_ = hung_up_ || hung_up;
  if (busy_ && sent_bytes_ < request_.text.size() && !send_request())
    return finish(ExchangeEnd::no_connection, Clock::now());
  if (state_ == State::open) read_all();
}

void HttpConnection::read_all() {
  const auto now = Clock::now();
  while (busy_ && read_some(now)) {
  }
  if (!hung_up_ || state_ != State::open) return;
  // Nothing tells again of the end, which stands behind what was read.
  if (!busy_) return read_idle();
  read_some(now);
}

// Between exchanges only the end of the connection may come.
void HttpConnection::read_idle() {
  char byte = 0;
  const auto got = ::recv(socket_, &byte, 1, 0);
  if (got >= 0 || errno != EAGAIN) close(false);
}

bool HttpConnection::read_some(TimePoint now) {
  const bool thrown_away = head_complete_ && !request_.keep_body && head_.length_bytes && !chunks_;
  std::size_t wanted = kKeptRead;
  if (!head_complete_ && !request_.keep_body) wanted = kFirstRead;
  if (thrown_away) wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left_, kThrownAway));
  if (pace_) {
    wanted = std::min(wanted, pace_->allowed(now));
    if (wanted == 0) {
      last_byte_ = now;  // it is the client that reads nothing
      network_.wheel().schedule(pace_timer_, pace_->resume_at(now));
      return false;
    }
  }
  // MSG_TRUNC: TCP drops the bytes without copying them anywhere (tcp(7)).
  auto& buffer = network_.buffer();
  const auto got = ::recv(socket_, buffer.data(), wanted, thrown_away ? MSG_TRUNC : 0);
  if (got < 0) {
    if (errno == EINTR) return true;
    if (errno != EAGAIN) ended_by_peer(true, now);
    return false;
  }
  if (got == 0) {
    ended_by_peer(false, now);
    return false;
  }
  const auto size = static_cast<std::size_t>(got);
  last_byte_ = now;
  if (pace_) pace_->took(size);
  if (response_.first_byte == TimePoint{}) response_.first_byte = now;
  if (thrown_away) {
    left_ -= size;
    response_.body_bytes += size;
    *received_bytes_ += size;
    if (left_ > 0) return size == wanted;
    finish(ExchangeEnd::complete, now);
    return false;
  }
  return take({buffer.data(), size}, now) && (size == wanted || head_complete_);
}

// Returns whether the exchange goes on.
bool HttpConnection::take(std::string_view bytes, TimePoint now) {
  if (!head_complete_ && !take_head(bytes, now)) return false;
  return !head_complete_ || take_body(bytes, now);
}

// Leaves what follows the head in `bytes`. Returns whether the exchange goes on.
bool HttpConnection::take_head(std::string_view& bytes, TimePoint now) {
  if (!kept_.empty()) kept_ += bytes;
  const std::string_view all = kept_.empty() ? bytes : std::string_view{kept_};
  const auto before = all.size() - bytes.size();
  switch (read_head(all, head_)) {
    case HeadState::malformed:
      finish(ExchangeEnd::malformed, now);
      return false;
    case HeadState::incomplete:
      if (kept_.empty()) kept_ = bytes;
      return true;
    case HeadState::complete:
      break;
  }
  bytes.remove_prefix(head_.size_bytes - before);
  kept_.clear();
  if (head_.status < 200) return true;  // an interim response; never asked for, so nothing follows it at once
  head_complete_ = true;
  response_.status = head_.status;
  response_.retry_after_s = head_.retry_after_s;
  left_ = head_.length_bytes.value_or(0);
  if (head_.chunked) chunks_.emplace();
  if (request_.keep_body && left_ > kKeptLimit) {
    finish(ExchangeEnd::malformed, now);
    return false;
  }
  return true;
}

bool HttpConnection::take_body(std::string_view bytes, TimePoint now) {
  const auto before = response_.body_bytes;
  if (chunks_) {
    chunks_->feed(bytes, [&](std::string_view run) {
      response_.body_bytes += run.size();
      if (request_.keep_body) kept_ += run;
    });
  } else {
    if (head_.length_bytes) bytes = bytes.substr(0, std::min<std::uint64_t>(left_, bytes.size()));
    left_ -= head_.length_bytes ? bytes.size() : 0;
    response_.body_bytes += bytes.size();
    if (request_.keep_body && before == 0 && left_ == 0 && head_.length_bytes) {
      response_.body = bytes;  // all of it came at once: the usual case for a playlist
    } else if (request_.keep_body) {
      kept_ += bytes;
    }
  }
  *received_bytes_ += response_.body_bytes - before;
  const bool malformed = chunks_ && chunks_->malformed();
  if (!malformed && !body_over()) return true;
  finish(malformed ? ExchangeEnd::malformed : ExchangeEnd::complete, now);
  return false;
}

bool HttpConnection::body_over() const {
  if (!head_.has_body()) return true;
  if (chunks_) return chunks_->done();
  return head_.length_bytes && left_ == 0;
}

void HttpConnection::ended_by_peer(bool by_reset, TimePoint now) {
  const bool to_the_end = head_complete_ && !chunks_ && !head_.length_bytes;
  if (to_the_end && !by_reset) {
    head_.keep_alive = false;
    finish(ExchangeEnd::complete, now);
    return;
  }
  const bool answered = response_.first_byte != TimePoint{};
  finish(answered ? ExchangeEnd::truncated : ExchangeEnd::reset, now);
}

void HttpConnection::finish(ExchangeEnd end, TimePoint now) {
  patience_.cancel();
  busy_ = false;
  ++exchanges_;
  response_.end = end;
  response_.ended = now;
  if (response_.body.empty() && request_.keep_body) response_.body = kept_;
  if (end != ExchangeEnd::complete || !head_.keep_alive) close(false);
  const Response response = response_;
  owner_.exchanged(*this, response);
}

void HttpConnection::close(bool by_reset) {
  patience_.cancel();
  pace_timer_.cancel();
  busy_ = false;
  if (state_ == State::closed) return;
  state_ = State::closed;
  ++generation_;
  network_.close_socket(std::exchange(socket_, -1), by_reset);
}

void HttpConnection::patience_over(TimePoint now) {
  const auto due = last_byte_ + request_.patience;
  if (due > now) {
    network_.wheel().schedule(patience_, due);
  } else {
    finish(ExchangeEnd::time_out, now);
  }
}

void HttpConnection::resume_reading(TimePoint) {
  if (state_ == State::open) read_all();
}

}  // namespace levee::surge
