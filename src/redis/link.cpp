#include "redis/link.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <boost/asio/connect.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>
#include <spdlog/spdlog.h>

#include "levee/base/log.hpp"
#include "levee/runtime/use_result.hpp"

namespace levee::redis {

namespace asio = boost::asio;
using asio::ip::tcp;
using runtime::use_result;
using namespace asio::experimental::awaitable_operators;

namespace {

constexpr Duration kWatch = std::chrono::milliseconds{500};

}  // namespace

Link::Link(asio::io_context& context, const Settings& settings, bool subscriber, Handlers handlers)
    : context_{context},
      settings_{settings},
      subscriber_{subscriber},
      handlers_{std::move(handlers)},
      socket_{context},
      wake_writer_{context},
      random_{std::random_device{}()} {}

asio::awaitable<void> Link::run() {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto state = co_await asio::this_coro::cancellation_state;
  asio::steady_timer pause{context_};
  while (!closing_ && state.cancelled() == asio::cancellation_type::none) {
    auto error = co_await connect();
    if (!error) {
      attempts_ = 0;
      up_ = true;
      connects_.add();
      spdlog::info("redis connected host={} port={} subscriber={}", log::value(settings_.address.host),
                   settings_.address.port, subscriber_);
      handlers_.up();
      error = co_await serve();
      up_ = false;
    }
    ErrorCode ignored;
    socket_.close(ignored);
    fail_all();
    if (error != asio::error::operation_aborted && attempts_ == 0)
      spdlog::warn("redis lost host={} port={} subscriber={} error={}", log::value(settings_.address.host),
                   settings_.address.port, subscriber_, log::value(error.message()));
    handlers_.down();
    pause.expires_after(backoff());
    co_await pause.async_wait(use_result);
  }
}

void Link::close() {
  closing_ = true;
  ErrorCode ignored;
  socket_.close(ignored);
  wake_writer_.cancel();
}

Duration Link::backoff() {
  // Full jitter: nodes that lost the server together do not come back together.
  const auto doubled = settings_.backoff_min * (1 << std::min(attempts_++, 16));
  const auto most = std::clamp<Duration>(doubled, settings_.backoff_min, settings_.backoff_max);
  return Duration{std::uniform_int_distribution<Duration::rep>{most.count() / 4, most.count()}(random_)};
}

asio::awaitable<ErrorCode> Link::connect() {
  outbox_.clear();
  replies_ = ReplyReader{};
  asio::steady_timer timer{context_, settings_.connect_timeout};
  auto outcome = co_await (connect_socket() || timer.async_wait(use_result));
  if (outcome.index() == 1) co_return Errc::timeout;
  if (const auto error = std::get<0>(outcome)) co_return error;
  timer.expires_after(settings_.connect_timeout);
  auto introduced = co_await (introduce() || timer.async_wait(use_result));
  if (introduced.index() == 1) co_return Errc::timeout;
  co_return std::get<0>(introduced);
}

asio::awaitable<ErrorCode> Link::connect_socket() {
  tcp::resolver resolver{context_};
  const auto [unknown, endpoints] =
      co_await resolver.async_resolve(settings_.address.host, settings_.address.port, use_result);
  if (unknown) co_return unknown;
  const auto [error, endpoint] = co_await asio::async_connect(socket_, endpoints, use_result);
  if (!error) {
    ErrorCode ignored;
    socket_.set_option(tcp::no_delay{true}, ignored);
    socket_.set_option(asio::socket_base::keep_alive{true}, ignored);
  }
  co_return error;
}

asio::awaitable<ErrorCode> Link::introduce() {
  const auto& address = settings_.address;
  if (!address.password.empty()) {
    std::vector<std::string> words{"AUTH", address.password};
    if (!address.user.empty()) words.insert(words.begin() + 1, address.user);
    const auto error = co_await ask(std::move(words));
    if (error) co_return error;
  }
  if (address.database != 0) {
    std::vector<std::string> words{"SELECT", std::to_string(address.database)};
    const auto error = co_await ask(std::move(words));
    if (error) co_return error;
  }
  // A server that is still loading its data lets us in and then refuses everything: do not call that up.
  std::vector<std::string> words{"PING"};
  co_return co_await ask(std::move(words));
}

asio::awaitable<ErrorCode> Link::ask(std::vector<std::string> words) {
  std::string command;
  append_command(command, std::span<const std::string>{words});
  const auto [failed, written] = co_await asio::async_write(socket_, asio::buffer(command), use_result);
  if (failed) co_return failed;
  std::array<std::byte, 4096> buffer;
  for (;;) {
    auto reply = replies_.next();
    if (!reply) co_return reply.error();
    if (*reply) {
      if (!(*reply)->is_error()) co_return ErrorCode{};
      spdlog::warn("redis refused command={} error={}", words.front(), log::value((*reply)->text));
      co_return Errc::refused;
    }
    const auto [error, size] = co_await socket_.async_read_some(asio::buffer(buffer), use_result);
    if (error) co_return error;
    replies_.feed(std::span{buffer}.first(size));
  }
}

asio::awaitable<ErrorCode> Link::serve() {
  last_heard_ = Clock::now();
  auto ended = co_await (read() || write() || watch());
  co_return std::visit([](ErrorCode error) { return error; }, ended);
}

asio::awaitable<ErrorCode> Link::read() {
  std::vector<std::byte> buffer(64 * 1024);
  for (;;) {
    const auto [error, size] = co_await socket_.async_read_some(asio::buffer(buffer), use_result);
    if (error) co_return error;
    last_heard_ = Clock::now();
    replies_.feed(std::span{buffer}.first(size));
    if (const auto failed = take_replies()) co_return failed;
  }
}

ErrorCode Link::take_replies() {
  for (;;) {
    auto reply = replies_.next();
    if (!reply) return reply.error();
    if (!*reply) return {};
    if (subscriber_) {
      handlers_.push(std::move(**reply));
    } else if (waiting_.empty()) {
      return Errc::protocol;
    } else {
      auto done = std::move(waiting_.front().done);
      waiting_.pop_front();
      done(std::move(**reply));
    }
  }
}

asio::awaitable<ErrorCode> Link::write() {
  for (;;) {
    while (!outbox_.empty()) {
      const auto batch = std::exchange(outbox_, {});
      const auto [error, size] = co_await asio::async_write(socket_, asio::buffer(batch), use_result);
      if (error) co_return error;
    }
    wake_writer_.expires_at(TimePoint::max());
    co_await wake_writer_.async_wait(use_result);
    const auto state = co_await asio::this_coro::cancellation_state;
    if (closing_ || state.cancelled() != asio::cancellation_type::none)
      co_return asio::error::operation_aborted;
  }
}

asio::awaitable<ErrorCode> Link::watch() {
  asio::steady_timer timer{context_};
  const std::vector<std::string> ping{"PING"};
  for (;;) {
    timer.expires_after(kWatch);
    const auto [error] = co_await timer.async_wait(use_result);
    if (error) co_return error;
    if (closing_) co_return asio::error::operation_aborted;
    const auto now = Clock::now();
    if (!waiting_.empty() && now - waiting_.front().since > settings_.reply_timeout) co_return Errc::timeout;
    if (now - last_heard_ > settings_.reply_timeout) co_return Errc::timeout;
    if (now - last_heard_ < settings_.reply_timeout / 3) continue;
    if (subscriber_) {
      send(ping);
    } else if (waiting_.empty()) {
      send(ping, [](const Result<Reply>&) {});
    }
  }
}

void Link::send(std::span<const std::string> words, Done done) {
  if (!up_ || waiting_.size() >= kMaxWaiting) {
    const ErrorCode error = up_ ? ErrorCode{Errc::too_many_waiting} : ErrorCode{asio::error::not_connected};
    asio::post(context_, [done = std::move(done), error] { done(error); });
    return;
  }
  waiting_.push_back({std::move(done), Clock::now()});
  append_command(outbox_, words);
  wake_writer_.cancel();
}

void Link::send(std::span<const std::string> words) {
  if (!up_) return;
  append_command(outbox_, words);
  wake_writer_.cancel();
}

void Link::fail_all() {
  outbox_.clear();
  // Carried out or not: nobody can tell any more.
  for (auto& waiting : std::exchange(waiting_, {})) waiting.done(Errc::timeout);
}

}  // namespace levee::redis
