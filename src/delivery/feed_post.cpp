#include "delivery/feed_post.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>
#include <spdlog/fmt/fmt.h>

#include "levee/base/unix_time.hpp"
#include "levee/delivery/target.hpp"
#include "levee/realtime/wire.hpp"
#include "levee/runtime/use_result.hpp"

namespace levee::delivery {
namespace {

namespace asio = boost::asio;

constexpr Duration kPatience = std::chrono::seconds{10};

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 409:
      return "Conflict";
    case 429:
      return "Too Many Requests";
    default:
      return "Service Unavailable";
  }
}

/// "Bearer TOKEN".
std::string bearer(const std::string& authorization) {
  constexpr std::string_view kScheme = "Bearer ";
  return authorization.starts_with(kScheme) ? authorization.substr(kScheme.size()) : std::string{};
}

/// The connection and its answer. The hub may answer when the coroutine has ended.
struct Desk {
  explicit Desk(Socket given) : socket{std::move(given)}, timer{socket.get_executor()} {}
  Socket socket;
  asio::steady_timer timer;
  bool reading = true;
  std::optional<realtime::Hub::PostAnswer> answer;
};

/// The whole body; nothing when it does not come.
asio::awaitable<std::optional<std::string>> read_body(std::shared_ptr<Desk> desk, std::string body,
                                                      std::size_t size) {
  const auto had = std::min(body.size(), size);
  body.resize(size);
  if (had == size) co_return body;
  desk->timer.expires_after(kPatience);
  desk->timer.async_wait([desk](ErrorCode error) {
    if (!error && desk->reading) desk->socket.close(error);
  });
  const auto rest = asio::buffer(body) + had;
  const auto [error, read] = co_await asio::async_read(desk->socket, rest, runtime::use_result);
  desk->reading = false;
  desk->timer.cancel();
  if (error) co_return std::nullopt;
  co_return body;
}

realtime::Hub::PostAnswer no_answer() {
  return {503, realtime::encode_error({}, realtime::Errc::bus_timeout)};
}

std::string response(const realtime::Hub::PostAnswer& answer) {
  return fmt::format(
      "HTTP/1.1 {} {}\r\nContent-Type: application/json\r\nCache-Control: no-store\r\nContent-Length: {}\r\n"
      "Connection: close\r\n\r\n{}",
      answer.status, reason_of(answer.status), answer.body.size(), answer.body);
}

}  // namespace

asio::awaitable<void> serve_feed_post(Socket socket, UpgradeRequest request, realtime::Hub& hub) {
  co_await asio::this_coro::throw_if_cancelled(false);
  auto desk = std::make_shared<Desk>(std::move(socket));
  auto received = request.received.substr(request.head_size);
  auto body = co_await read_body(desk, std::move(received), request.body_bytes);
  if (!body) co_return;
  realtime::Hub::Post post{"feed:" + std::string{parse_target(request.target).file},
                           bearer(request.authorization), std::move(*body)};
  auto done = [desk](realtime::Hub::PostAnswer answer) {
    desk->answer = std::move(answer);
    desk->timer.cancel();
  };
  hub.post(std::move(post), Clock::now(), unix_ms(), std::move(done));
  if (!desk->answer) {
    desk->timer.expires_after(kPatience);
    co_await desk->timer.async_wait(runtime::use_result);
  }
  const auto text = response(desk->answer.value_or(no_answer()));
  const auto message = asio::buffer(text);
  co_await asio::async_write(desk->socket, message, runtime::use_result);
  ErrorCode ignored;
  desk->socket.shutdown(Socket::shutdown_send, ignored);
}

}  // namespace levee::delivery
