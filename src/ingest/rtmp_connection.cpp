#include "ingest/rtmp_connection.hpp"

#include <algorithm>
#include <array>
#include <random>
#include <span>
#include <utility>
#include <variant>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include "levee/base/log.hpp"
#include "levee/runtime/use_result.hpp"

#include "ingest/shared_port.hpp"

namespace levee::ingest {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using runtime::use_result;

constexpr std::size_t kReadBytes = 32 * 1024;
/// How long and how much is still read of a peer that was told to go: closing on unread bytes would reset the
/// connection and the peer would never see why.
constexpr Duration kDrainTime = std::chrono::seconds{2};
constexpr std::size_t kDrainBytes = 1024 * 1024;
/// RTMP's milliseconds wrap at 32 bits.
constexpr media::MediaTime kWrap = (media::MediaTime{1} << 32) * (media::kTimescale / 1000);

rtmp::PublishSession make_session(const RtmpSettings& settings) {
  static thread_local std::mt19937 random{std::random_device{}()};
  std::array<std::byte, rtmp::Handshake::kRandomSize> bytes;
  for (auto& byte : bytes) byte = static_cast<std::byte>(random());
  rtmp::PublishSettings session;
  session.app = settings.app;
  return rtmp::PublishSession{session, bytes};
}

std::string peer_of(const tcp::socket& socket) {
  ErrorCode error;
  const auto endpoint = socket.remote_endpoint(error);
  return error ? "unknown" : to_text(endpoint.address(), endpoint.port());
}

}  // namespace

std::string rejection_text(const ErrorCode& reason) {
  if (reason == stream::Errc::unknown_key) return "The stream key is not known here. Check it and try again.";
  if (reason == stream::Errc::name_taken) return "This stream already has a publisher that is alive.";
  if (reason == stream::Errc::bad_name)
    return "A stream name is 1 to 64 letters, digits, _ or -, and begins with a letter or digit.";
  if (reason == stream::Errc::too_many_streams) return "The server carries as many streams as it may.";
  if (reason == stream::Errc::taken_over) return "Another connection with your key took the stream over.";
  if (reason == stream::Errc::stopping || reason == Errc::stopping) return "The server is going down.";
  return "The server cannot take the stream now: " + reason.message();
}

RtmpConnection::RtmpConnection(tcp::socket socket, stream::Registry& registry, const RtmpSettings& settings,
                               IngestCounters& counters, std::shared_ptr<void> waiting)
    : socket_{std::move(socket)},
      registry_{registry},
      settings_{settings},
      counters_{counters},
      waiting_{std::move(waiting)},
      peer_{peer_of(socket_)},
      opened_{Clock::now()},
      deadline_{opened_ + settings.publish_timeout, Errc::no_publish_in_time},
      session_{make_session(settings)} {}

asio::awaitable<void> RtmpConnection::serve() {
  const auto reason = co_await exchange();
  publication_.reset();
  counters_.damaged_units.add(session_.frames_without_config());
  counters_.ended(reason, rejected_);
  log_end(reason);
  co_await say_goodbye(reason);
}

void RtmpConnection::check(TimePoint now) {
  if (now >= deadline_.at) interrupt(deadline_.reason);
}

void RtmpConnection::interrupt(ErrorCode reason) {
  if (!interrupted_) interrupted_ = reason;
  ErrorCode ignored;
  socket_.cancel(ignored);
}

/// What ended an operation on the socket: our own will comes before what the socket says.
ErrorCode RtmpConnection::failure(const ErrorCode& error) const {
  if (interrupted_) return interrupted_;
  return error == asio::error::operation_aborted ? make_error_code(Errc::stopping) : error;
}

asio::awaitable<ErrorCode> RtmpConnection::exchange() {
  ErrorCode option_error;
  socket_.set_option(tcp::no_delay{true}, option_error);
  Bytes buffer(kReadBytes);
  for (;;) {
    if (interrupted_) co_return interrupted_;
    const auto [error, size] = co_await socket_.async_read_some(asio::buffer(buffer), use_result);
    if (error) co_return failure(error);
    bytes_ += size;
    counters_.bytes.add(size);
    if (publication_) deadline_ = {Clock::now() + settings_.idle_timeout, Errc::silent_publisher};

    session_.feed(BytesView{buffer}.first(size));
    const auto ended = co_await handle_events();
    if (ended) co_return ended;
    const auto not_written = co_await write_output();
    if (not_written) co_return not_written;
  }
}

asio::awaitable<ErrorCode> RtmpConnection::handle_events() {
  for (;;) {
    auto event = session_.next();
    if (!event) co_return event.error();
    if (!*event) co_return ErrorCode{};
    if (auto* request = std::get_if<rtmp::PublishRequested>(&**event)) {
      const auto refused = co_await publish(std::move(*request));
      if (refused) co_return refused;
    } else if (std::holds_alternative<rtmp::Finished>(**event)) {
      if (publication_) publication_->finish();
      co_return Errc::publisher_finished;
    } else if (publication_) {
      deliver(std::move(**event));
    }
  }
}

void RtmpConnection::deliver(rtmp::PublishSession::Event event) {
  if (auto* packet = std::get_if<media::Packet>(&event)) {
    publication_->packet(std::move(*packet));
  } else if (const auto* config = std::get_if<media::TrackConfig>(&event)) {
    publication_->config(*config);
  } else if (const auto* info = std::get_if<media::SourceInfo>(&event)) {
    publication_->info(*info);
  }
}

asio::awaitable<ErrorCode> RtmpConnection::publish(rtmp::PublishRequested requested) {
  asked_ = true;
  stream::PublishRequest request;
  request.key = std::move(requested.key);
  request.protocol = "rtmp";
  request.peer = peer_;
  request.timestamp_wrap = kWrap;
  auto publication = co_await registry_.publish(std::move(request));
  if (!publication) {
    rejected_ = true;
    session_.reject(rejection_text(publication.error()));
    co_return publication.error();
  }
  if (interrupted_) co_return interrupted_;  // it took too long, or the server stops
  publication_ = std::move(*publication);
  publication_->on_revoked([this](ErrorCode reason) { interrupt(reason); });
  stream_name_ = publication_->stream_name();
  waiting_.reset();
  deadline_ = {Clock::now() + settings_.idle_timeout, Errc::silent_publisher};
  counters_.publications.add();
  spdlog::info("publisher accepted protocol=rtmp stream={} peer={}", log::value(stream_name_), peer_);
  session_.accept();
  co_return ErrorCode{};
}

asio::awaitable<ErrorCode> RtmpConnection::write_output() {
  const auto output = session_.take_output();
  if (output.empty()) co_return ErrorCode{};
  const auto before = deadline_;
  const Deadline for_writing{Clock::now() + settings_.write_timeout, Errc::slow_reader};
  if (for_writing.at < deadline_.at || publication_) deadline_ = for_writing;
  const auto [error, size] = co_await asio::async_write(socket_, asio::buffer(output), use_result);
  deadline_ = before;
  if (error) co_return failure(error);
  co_return ErrorCode{};
}

asio::awaitable<void> RtmpConnection::say_goodbye(ErrorCode reason) {
  const bool unreachable = reason.category() == asio::error::get_system_category() ||
                           reason.category() == asio::error::get_misc_category() ||
                           reason == Errc::slow_reader;
  if (unreachable) co_return;
  if (!stream_name_.empty() && (reason == stream::Errc::taken_over || reason == Errc::stopping))
    session_.reject(rejection_text(reason));
  interrupted_ = {};
  deadline_ = {Clock::now() + kDrainTime, Errc::slow_reader};
  const auto not_written = co_await write_output();
  if (not_written || reason == Errc::stopping) co_return;

  ErrorCode ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  Bytes buffer(kReadBytes);
  for (std::size_t drained = 0; drained < kDrainBytes && !interrupted_;) {
    const auto [error, size] = co_await socket_.async_read_some(asio::buffer(buffer), use_result);
    if (error) co_return;
    drained += size;
  }
}

void RtmpConnection::log_end(const ErrorCode& reason) const {
  const std::chrono::duration<double> duration = Clock::now() - opened_;
  auto why = reason.message();
  if (!session_.detail().empty()) why += ": " + session_.detail();
  // Who never asked to publish is a scanner or a monitor: counted, not told to everyone.
  const auto level = asked_ ? spdlog::level::info : spdlog::level::debug;
  spdlog::log(level,
              "publisher gone protocol=rtmp stream={} peer={} reason={} bytes={} duration_seconds={:.1f}",
              stream_name_.empty() ? "-" : log::value(stream_name_), peer_, log::value(why), bytes_,
              duration.count());
}

}  // namespace levee::ingest
