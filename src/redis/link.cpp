#include "redis/link.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <spdlog/spdlog.h>

#include "levee/base/log.hpp"
#include "levee/runtime/use_result.hpp"

namespace levee::redis {

namespace asio = boost::asio;
using runtime::use_result;
using namespace asio::experimental::awaitable_operators;

namespace {

constexpr Duration kWatch = std::chrono::milliseconds{500};

}  // namespace

Link::Link(asio::io_context& context, const Settings& settings, bool subscriber, Handlers handlers,
           Choose choose)
    : context_{context},
      settings_{settings},
      subscriber_{subscriber},
      handlers_{std::move(handlers)},
      stream_{context},
      choose_{std::move(choose)},
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
      spdlog::info("redis connected host={} port={} subscriber={}", log::value(server_.host), server_.port,
                   subscriber_);
      handlers_.up();
      error = co_await serve();
      up_ = false;
    }
    stream_.close();
    fail_all();
    const bool by_us = error == asio::error::operation_aborted || error == asio::error::bad_descriptor;
    if (!by_us && attempts_ == 0 && !server_.host.empty())
      spdlog::warn("redis lost host={} port={} subscriber={} error={}", log::value(server_.host),
                   server_.port, subscriber_, log::value(error.message()));
    handlers_.down();
    pause.expires_after(backoff());
    co_await pause.async_wait(use_result);
  }
}

void Link::close() {
  closing_ = true;
  stream_.close();
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
  auto outcome = co_await (reach() || timer.async_wait(use_result));
  if (outcome.index() == 1) co_return Errc::timeout;
  if (const auto error = std::get<0>(outcome)) co_return error;
  timer.expires_after(settings_.connect_timeout);
  auto introduced = co_await (introduce() || timer.async_wait(use_result));
  if (introduced.index() == 1) co_return Errc::timeout;
  co_return std::get<0>(introduced);
}

asio::awaitable<ErrorCode> Link::reach() {
  const auto& address = settings_.address;
  const Tls tls{address.tls, settings_.ca_file};
  server_ = {address.host, address.port};
  if (choose_) {
    const auto chosen = choose_(attempts_);
    server_ = chosen.value_or(Endpoint{});
    if (!chosen) co_return Errc::no_server;
  } else if (!address.sentinels.empty()) {
    // Another one after each failure: the one that was asked last may be the one that knows nothing.
    const auto& sentinel = address.sentinels[static_cast<std::size_t>(attempts_) % address.sentinels.size()];
    const auto master = co_await ask_sentinel(sentinel);
    if (!master) co_return master.error();
    server_ = *master;
  }
  co_return co_await stream_.connect(server_.host, server_.port, tls);
}

asio::awaitable<Result<Endpoint>> Link::ask_sentinel(Endpoint sentinel) {
  const Tls plain;
  const auto error = co_await stream_.connect(sentinel.host, sentinel.port, plain);
  if (error) co_return error;
  std::vector<std::string> words{"SENTINEL", "get-master-addr-by-name", settings_.address.master};
  const auto reply = co_await ask(std::move(words));
  stream_.close();
  replies_ = ReplyReader{};
  if (!reply) co_return reply.error();
  if (reply->list.size() != 2) co_return Errc::no_master;
  co_return Endpoint{reply->list[0].text, reply->list[1].text};
}

asio::awaitable<ErrorCode> Link::introduce() {
  const auto& address = settings_.address;
  if (!address.password.empty()) {
    std::vector<std::string> words{"AUTH", address.password};
    if (!address.user.empty()) words.insert(words.begin() + 1, address.user);
    const auto reply = co_await ask(std::move(words));
    if (!reply) co_return reply.error();
  }
  if (address.database != 0) {
    std::vector<std::string> words{"SELECT", std::to_string(address.database)};
    const auto reply = co_await ask(std::move(words));
    if (!reply) co_return reply.error();
  }
  if (!address.sentinels.empty()) {
    // A Sentinel may not know yet that its master is none any more.
    std::vector<std::string> words{"ROLE"};
    const auto reply = co_await ask(std::move(words));
    if (!reply) co_return reply.error();
    if (reply->list.empty() || reply->list[0].text != "master") co_return Errc::no_master;
  }
  // A server that is still loading its data lets us in and then refuses everything: do not call that up.
  std::vector<std::string> words{"PING"};
  const auto reply = co_await ask(std::move(words));
  co_return reply ? ErrorCode{} : reply.error();
}

asio::awaitable<Result<Reply>> Link::ask(std::vector<std::string> words) {
  std::string command;
  append_command(command, std::span<const std::string>{words});
  const auto failed = co_await stream_.write(command);
  if (failed) co_return failed;
  std::array<std::byte, 4096> buffer;
  for (;;) {
    auto reply = replies_.next();
    if (!reply) co_return reply.error();
    if (*reply) {
      if (!(*reply)->is_error()) co_return std::move(**reply);
      spdlog::warn("redis refused command={} error={}", words.front(), log::value((*reply)->text));
      co_return Errc::refused;
    }
    const auto [error, size] = co_await stream_.read_some(buffer);
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
    const auto [error, size] = co_await stream_.read_some(buffer);
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
      const auto error = co_await stream_.write(batch);
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
