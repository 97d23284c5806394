#include "delivery/realtime_connection.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <boost/asio/error.hpp>
#include <sys/socket.h>
#include <sys/uio.h>

#include "levee/base/unix_time.hpp"

namespace levee::delivery {
namespace {

namespace asio = boost::asio;

constexpr int kClosePatienceSeconds = 2;
constexpr std::size_t kBuffersPerWrite = 64;

enum Code { restart = 1012, try_later = 1013, no_hello = 4000, silent = 4002, slow = 4008, flood = 4029 };

// One for all connections of a thread: what is read is used up at once.
BytesView read_some(Socket& socket, ErrorCode& error) {
  thread_local std::array<std::byte, 16 * 1024> scratch;
  const auto size = socket.read_some(asio::buffer(scratch), error);
  return BytesView{scratch}.first(size);
}

}  // namespace

RealtimeConnection::RealtimeConnection(Socket socket, realtime::Hub& hub, const RealtimeSettings& settings,
                                       RealtimeCounters& counters, WritableLater writable_later,
                                       TimePoint now)
    : socket_{std::move(socket)},
      settings_{settings},
      counters_{counters},
      writable_later_{std::move(writable_later)},
      opened_{now},
      last_heard_{now},
      last_took_{now},
      reader_{realtime::kMaxMessageBytes},
      hub_{hub},
      session_{hub.open(*this)} {}

void RealtimeConnection::readable(const ErrorCode& error) {
  ended_ = ended_ || error;
  if (over()) return;
  ErrorCode failed;
  const auto bytes = read_some(socket_, failed);
  if (failed == asio::error::would_block) return;
  if (!failed) return take_input(bytes);
  if (!closing_) counters_.closed_lost.add();
  closing_ = ended_ = true;
}

void RealtimeConnection::take_input(BytesView bytes) {
  heard_ = true;
  reader_.feed(bytes);
  for (;;) {
    auto event = reader_.next();
    if (!event) return close(event.error().value());
    if (!*event || !take_event(**event)) return;
  }
}

bool RealtimeConnection::take_event(WebSocketEvent& event) {
  if (const auto* closed = std::get_if<WebSocketClosed>(&event)) {
    answered_ = true;
    if (!closing_) {
      closing_ = true;
      counters_.closed_by_client.add();
      queue(share(websocket_close(closed->code)));
      flush();
    }
    return false;
  }
  if (closing_) return true;
  if (const auto* text = std::get_if<WebSocketText>(&event)) {
    session_->receive(text->text, Clock::now(), unix_ms());
  } else if (const auto* ping = std::get_if<WebSocketPing>(&event); ping != nullptr && !blocked_) {
    // One that does not read has no use for a pong, and must not make us keep them.
    push(share(websocket_pong(ping->payload)));
    flush();
  }
  return true;
}

void RealtimeConnection::push(const SharedBytes& frames) {
  if (closing_ || broken_) return;
  queue(frames);
  if (queued_bytes_ > kMaxQueued) close(Code::slow);
}

void RealtimeConnection::queue(const SharedBytes& frames) {
  queue_.push_back(frames);
  queued_bytes_ += frames->size();
}

void RealtimeConnection::flush() {
  while (!blocked_ && !broken_ && !queue_.empty()) send_some();
}

void RealtimeConnection::send_some() {
  std::array<iovec, kBuffersPerWrite> buffers;
  std::size_t count = 0;
  for (auto at = sent_frames_; at < queue_.size() && count < buffers.size(); ++at) {
    const auto& frames = *queue_[at];
    const auto skip = count == 0 ? sent_of_first_ : 0;
    buffers[count++] = {const_cast<std::byte*>(frames.data()) + skip, frames.size() - skip};
  }
  msghdr message{};
  message.msg_iov = buffers.data();
  message.msg_iovlen = count;
  const auto sent = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  counters_.writes.add();
  if (sent < 0 && errno != EAGAIN && errno != EINTR) return break_off();
  if (sent < 0 && errno == EAGAIN) {
    counters_.blocked.add();
    blocked_ = true;
    took_bytes_ = true;  // its time begins now
    return writable_later_(socket_);
  }
  auto left = sent < 0 ? std::size_t{0} : static_cast<std::size_t>(sent);
  counters_.bytes_out.add(left);
  took_bytes_ = took_bytes_ || left > 0;
  queued_bytes_ -= left;
  sent_of_first_ += left;
  while (sent_frames_ < queue_.size() && sent_of_first_ >= queue_[sent_frames_]->size()) {
    sent_of_first_ -= queue_[sent_frames_]->size();
    queue_[sent_frames_++] = nullptr;
  }
  if (sent_frames_ == queue_.size()) forget_queue();
}

void RealtimeConnection::forget_queue() {
  std::vector<SharedBytes>{}.swap(queue_);
  sent_frames_ = 0;
}

void RealtimeConnection::writable() {
  blocked_ = false;
  const bool had_answers = !queue_.empty();
  flush();
  took_bytes_ = took_bytes_ || had_answers;
  if (ready() && session_) session_->writable();
}

void RealtimeConnection::close(int code) {
  if (closing_ || broken_) return;
  closing_ = true;
  count_close(code);
  const auto retry = hub_.reconnect_window();
  const bool comes_back = code == Code::restart || code == Code::try_later;
  if (comes_back) queue(share(websocket_text(realtime::encode_bye(code, retry))));
  const auto window = "retry=" + std::to_string(retry.from_ms) + "-" + std::to_string(retry.to_ms);
  queue(share(websocket_close(static_cast<std::uint16_t>(code), comes_back ? window : std::string{})));
  flush();
}

void RealtimeConnection::check(TimePoint now) {
  if (closing_) {
    if (closing_since_ == TimePoint{}) closing_since_ = now;
    if (now - closing_since_ >= std::chrono::seconds{kClosePatienceSeconds}) break_off();
    return;
  }
  if (std::exchange(heard_, false)) {
    last_heard_ = now;
    pinged_ = false;
  }
  if (std::exchange(took_bytes_, false) || !blocked_) last_took_ = now;
  const auto hello_from = std::max(opened_, session_->waits_until());
  if (!session_->greeted() && now - hello_from >= settings_.hello_timeout) return close(Code::no_hello);
  if (now - last_took_ >= settings_.slow_timeout) return close(Code::slow);
  // Who asked for slow heartbeats is not woken up more often than by them.
  const auto pace = session_->pace();
  if (now - last_heard_ >= settings_.idle_timeout * pace) return close(Code::silent);
  if (now - last_heard_ >= settings_.ping_after * pace && !std::exchange(pinged_, true)) {
    push(share(websocket_ping()));
    flush();
  }
}

void RealtimeConnection::break_off() {
  if (!closing_) counters_.closed_lost.add();
  broken_ = true;
  closing_ = true;
  forget_queue();
  queued_bytes_ = 0;
  sent_of_first_ = 0;
  ErrorCode ignored;
  socket_.cancel(ignored);  // ends the wait
}

void RealtimeConnection::count_close(int code) {
  switch (code) {
    case Code::restart:
      return counters_.closed_restart.add();
    case Code::no_hello:
    case Code::silent:
      return counters_.closed_silent.add();
    case Code::slow:
      return counters_.closed_slow.add();
    case Code::flood:
      return counters_.closed_flood.add();
    case static_cast<int>(WebSocketClose::protocol_error):
    case static_cast<int>(WebSocketClose::unsupported):
    case static_cast<int>(WebSocketClose::not_utf8):
    case static_cast<int>(WebSocketClose::too_big):
      return counters_.closed_protocol.add();
    default:
      return counters_.closed_other.add();
  }
}

}  // namespace levee::delivery
