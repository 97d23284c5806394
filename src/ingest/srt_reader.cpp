#include "ingest/srt_reader.hpp"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/post.hpp>
#include <srt/access_control.h>
#include <srt/srt.h>

#include "levee/base/log.hpp"
#include "levee/ingest/error.hpp"
#include "levee/stream/publish.hpp"

#include "ingest/shared_port.hpp"

namespace levee::ingest {
namespace {

namespace asio = boost::asio;
using asio::ip::udp;

constexpr int kBacklog = 64;
constexpr int kMessagesABatch = 64;
constexpr std::size_t kMessageBytes = 1456;  // the most that SRT's live mode carries
constexpr std::int64_t kLoopMilliseconds = 50;
constexpr Duration kStatistics = std::chrono::seconds{1};
constexpr int kReadable = int{SRT_EPOLL_IN} | int{SRT_EPOLL_ERR};

/// What a caller that may not connect is told. Source: SRT Access Control Guidelines.
int rejection_code(const ErrorCode& reason) {
  if (reason == Errc::bad_stream_id || reason == stream::Errc::bad_name) return SRT_REJX_BAD_REQUEST;
  if (reason == Errc::not_a_publisher) return SRT_REJX_BAD_MODE;
  if (reason == stream::Errc::unknown_key) return SRT_REJX_UNAUTHORIZED;
  if (reason == stream::Errc::name_taken) return SRT_REJX_CONFLICT;
  if (reason == Errc::too_many_connections || reason == stream::Errc::too_many_streams)
    return SRT_REJX_OVERLOAD;
  if (reason == stream::Errc::stopping || reason == Errc::stopping) return SRT_REJX_DOWN;
  return SRT_REJX_FORBIDDEN;
}

/// libsrt's last error, as near as the system's codes come to it.
ErrorCode last_error() {
  int system = 0;
  const int code = srt_getlasterror(&system);
  if (system != 0) return {system, boost::system::system_category()};
  if (code == SRT_EBINDCONFLICT || code == SRT_ESOCKFAIL) return asio::error::address_in_use;
  return asio::error::invalid_argument;
}

template <class Value>
bool set_option(int socket, SRT_SOCKOPT option, Value value) {
  return srt_setsockflag(socket, option, &value, sizeof value) == 0;
}

std::string peer_of(const sockaddr* address) {
  udp::endpoint endpoint;
  const auto size = address->sa_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  std::memcpy(endpoint.data(), address, size);
  return to_text(endpoint.address(), endpoint.port());
}

std::string stream_id_of(int socket) {
  std::array<char, 513> text{};
  int size = text.size();
  if (srt_getsockflag(socket, SRTO_STREAMID, text.data(), &size) != 0 || size < 0) return {};
  return {text.data(), static_cast<std::size_t>(size)};
}

void log_line(void*, int level, const char*, int, const char* area, const char* message) {
  // What libsrt calls an error is mostly a peer's doing, and counted elsewhere.
  const auto severity = level <= LOG_CRIT ? spdlog::level::err : spdlog::level::debug;
  std::string_view text{message};
  while (text.ends_with('\n')) text.remove_suffix(1);
  spdlog::log(severity, "libsrt area={} message={}", area, log::value(text));
}

}  // namespace

SrtReader::SrtReader(const SrtSettings& settings, Handlers handlers)
    : settings_{settings}, handlers_{std::move(handlers)} {
  srt_startup();
  srt_setlogflags(SRT_LOGF_DISABLE_TIME | SRT_LOGF_DISABLE_SEVERITY | SRT_LOGF_DISABLE_EOL);
  srt_setloglevel(LOG_ERR);
  srt_setloghandler(nullptr, log_line);
}

SrtReader::~SrtReader() {
  stop();
  if (thread_.joinable()) thread_.join();
  if (listener_ >= 0) srt_close(listener_);
  if (epoll_ >= 0) srt_epoll_release(epoll_);
  srt_cleanup();
}

ErrorCode SrtReader::start() {
  if (const auto error = listen()) return error;
  epoll_ = srt_epoll_create();
  const int events = SRT_EPOLL_IN;
  if (epoll_ < 0 || srt_epoll_add_usock(epoll_, listener_, &events) != 0) return last_error();
  srt_epoll_set(epoll_, SRT_EPOLL_ENABLE_EMPTY);
  stopped_ = false;
  thread_ = std::thread{[this] { run(); }};
  pthread_setname_np(thread_.native_handle(), "srt-reader");
  return {};
}

ErrorCode SrtReader::listen() {
  ErrorCode error;
  udp::endpoint local{asio::ip::make_address(settings_.address, error), settings_.port};
  if (error) return error;
  const auto latency =
      static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(settings_.latency).count());
  listener_ = srt_create_socket();
  if (listener_ < 0) return last_error();
  if (!set_option(listener_, SRTO_RCVSYN, false) || !set_option(listener_, SRTO_LATENCY, latency) ||
      !set_option(listener_, SRTO_IPV6ONLY, 0))
    return last_error();
  if (srt_bind(listener_, local.data(), static_cast<int>(local.size())) != 0) {
    const auto why = last_error();
    if (!local.address().is_unspecified() || why != asio::error::address_family_not_supported) return why;
    local.address(asio::ip::address_v4::any());
    if (srt_bind(listener_, local.data(), static_cast<int>(local.size())) != 0) return last_error();
  }
  const auto admit = [](void* self, SRTSOCKET caller, int, const sockaddr* address, const char* id) {
    auto& reader = *static_cast<SrtReader*>(self);
    const auto refused = reader.handlers_.admit(id != nullptr ? id : "", peer_of(address));
    if (!refused) return 0;
    srt_setrejectreason(caller, rejection_code(refused));
    return -1;
  };
  if (srt_listen_callback(listener_, admit, this) != 0 || srt_listen(listener_, kBacklog) != 0)
    return last_error();
  int size = static_cast<int>(local.capacity());
  if (srt_getsockname(listener_, local.data(), &size) != 0) return last_error();
  port_ = local.port();
  return {};
}

void SrtReader::run() {
  std::array<SRT_EPOLL_EVENT, 64> events;
  while (!stopping_) {
    const int ready =
        srt_epoll_uwait(epoll_, events.data(), static_cast<int>(events.size()), kLoopMilliseconds);
    for (int i = 0; i < ready && i < static_cast<int>(events.size()); ++i) {
      const int socket = events[static_cast<std::size_t>(i)].fd;
      if (socket == listener_) {
        accept_all();
      } else if (const auto found = links_.find(socket); found != links_.end()) {
        const auto link = found->second;
        read(*link, link);
      }
    }
    look_after_links();
  }
  srt_close(std::exchange(listener_, -1));
  while (!links_.empty()) {
    const auto link = links_.begin()->second;
    close(link, Errc::stopping);
  }
  stopped_ = true;
}

void SrtReader::accept_all() {
  for (;;) {
    sockaddr_storage address{};
    int size = sizeof address;
    const int socket = srt_accept(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    if (socket < 0) return;
    const int events = kReadable;
    auto link =
        handlers_.connected(socket, stream_id_of(socket), peer_of(reinterpret_cast<sockaddr*>(&address)));
    if (!link || srt_epoll_add_usock(epoll_, socket, &events) != 0) {
      srt_close(socket);
      if (link) asio::post(link->context, [this, link] { handlers_.closed(link); });
      continue;
    }
    links_.emplace(socket, std::move(link));
  }
}

/// Reads up to a batch and posts it as one. What is left shows again at the next round, so that no publisher
/// keeps the others waiting.
void SrtReader::read(SrtLink& link, const std::shared_ptr<SrtLink>& shared) {
  Bytes batch(kMessagesABatch * kMessageBytes);
  std::size_t filled = 0;
  ErrorCode ended;
  for (int i = 0; i < kMessagesABatch; ++i) {
    const int size = srt_recvmsg(link.socket, reinterpret_cast<char*>(batch.data() + filled), kMessageBytes);
    if (size > 0) {
      filled += static_cast<std::size_t>(size);
      continue;
    }
    if (size == 0 || srt_getlasterror(nullptr) != SRT_EASYNCRCV) ended = asio::error::eof;
    break;
  }
  if (filled > 0) {
    batch.resize(filled);
    link.waiting_bytes += filled;
    auto deliver = [this, shared, bytes = std::move(batch)]() mutable {
      handlers_.received(shared, std::move(bytes));
    };
    asio::post(link.context, std::move(deliver));
  }
  if (ended) close(shared, ended);
}

void SrtReader::close(const std::shared_ptr<SrtLink>& link, ErrorCode reason) {
  take_statistics(*link);
  links_.erase(link->socket);
  srt_close(link->socket);
  asio::post(link->context, [this, link, reason] {
    link->ended = reason;
    handlers_.closed(link);
  });
}

void SrtReader::look_after_links() {
  const auto now = Clock::now();
  const bool statistics = now >= next_statistics_;
  if (statistics) next_statistics_ = now + kStatistics;
  std::vector<std::shared_ptr<SrtLink>> unwanted;
  for (auto& [socket, link] : links_) {
    if (link->unwanted) unwanted.push_back(link);
    if (statistics) take_statistics(*link);
    const auto waiting = link->waiting_bytes.load();
    const bool pause = link->paused ? waiting > settings_.input_bytes / 2 : waiting > settings_.input_bytes;
    if (pause == link->paused) continue;
    link->paused = pause;
    const int events = pause ? static_cast<int>(SRT_EPOLL_ERR) : kReadable;
    srt_epoll_update_usock(epoll_, socket, &events);
  }
  for (const auto& link : unwanted) close(link, Errc::publisher_finished);
}

void SrtReader::take_statistics(SrtLink& link) {
  SRT_TRACEBSTATS statistics{};
  if (srt_bstats(link.socket, &statistics, 0) != 0) return;
  const auto lost = static_cast<std::uint64_t>(std::max(statistics.pktRcvLossTotal, 0));
  const auto dropped = static_cast<std::uint64_t>(std::max(statistics.pktRcvDropTotal, 0));
  lost_packets_.add(lost - std::exchange(link.lost_packets, lost));
  dropped_packets_.add(dropped - std::exchange(link.dropped_packets, dropped));
}

void SrtReader::write_metrics(MetricsText& out) const {
  out.counter("levee_srt_lost_packets_total", "Packets that did not arrive at first; most were sent again.",
              lost_packets_.value());
  out.counter("levee_srt_dropped_packets_total", "Packets that did not arrive in time: media is missing.",
              dropped_packets_.value());
}

}  // namespace levee::ingest
