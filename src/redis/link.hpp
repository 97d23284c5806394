#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "levee/base/clock.hpp"
#include "levee/base/metrics.hpp"
#include "levee/redis/resp.hpp"
#include "levee/redis/settings.hpp"

#include "redis/stream.hpp"

namespace levee::redis {

/// One connection to a Redis server that comes back by itself: commands are pipelined, answers matched in
/// order; what is no answer (a subscription's messages) goes to `on_push`.
///
/// Thread: that of `context`. Lifetime: `run` ends before it is destroyed.
class Link {
 public:
  using Done = std::function<void(Result<Reply>)>;
  struct Handlers {
    std::function<void()> up;    ///< connected and let in
    std::function<void()> down;  ///< lost, or not reached; the callbacks of what was under way came before
    std::function<void(Reply)> push;
  };

  /// Where to connect to at the nth attempt since it was up, from 0; nothing: nowhere for now.
  using Choose = std::function<std::optional<Endpoint>(int attempt)>;

  /// Commands that may wait for their answers.
  static constexpr std::size_t kMaxWaiting = 20'000;

  /// `subscriber`: after it is let in, all that comes are messages; commands have no answers of their own.
  /// `choose` empty: to where the settings say.
  Link(boost::asio::io_context& context, const Settings& settings, bool subscriber, Handlers handlers,
       Choose choose = {});

  /// Connects, serves, and connects again, until it is cancelled.
  boost::asio::awaitable<void> run();
  /// Makes `run` end within kWatch: a || passes on the first request to end only, and its branches are deaf
  /// to it.
  void close();

  /// Loses the connection, and makes another one.
  void drop() { stream_.close(); }

  bool up() const { return up_; }
  /// That it is or was last connected to, or tried.
  const Endpoint& server() const { return server_; }

  /// Errors, by callback: Errc::timeout when no answer came (the command may have been carried out), others
  /// when it was not sent. Not called on the spot.
  void send(std::span<const std::string> words, Done done);
  /// Subscriber: sends without an answer.
  void send(std::span<const std::string> words);

  std::uint64_t connects() const { return connects_.value(); }

 private:
  struct Waiting {
    Done done;
    TimePoint since;
  };

  boost::asio::awaitable<ErrorCode> connect();
  /// Tries to connect to where the server is: as chosen, as told, or as a Sentinel says.
  boost::asio::awaitable<ErrorCode> reach();
  /// Where a Sentinel says that the master is.
  boost::asio::awaitable<Result<Endpoint>> ask_sentinel(Endpoint sentinel);
  boost::asio::awaitable<ErrorCode> introduce();
  /// Not an error of the server: its answer.
  boost::asio::awaitable<Result<Reply>> ask(std::vector<std::string> words);
  boost::asio::awaitable<ErrorCode> serve();
  boost::asio::awaitable<ErrorCode> read();
  boost::asio::awaitable<ErrorCode> write();
  boost::asio::awaitable<ErrorCode> watch();
  ErrorCode take_replies();
  void fail_all();
  Duration backoff();

  boost::asio::io_context& context_;
  const Settings& settings_;
  bool subscriber_;
  Handlers handlers_;
  Stream stream_;
  Choose choose_;
  Endpoint server_;
  boost::asio::steady_timer wake_writer_;
  std::string outbox_;
  std::deque<Waiting> waiting_;
  ReplyReader replies_;
  TimePoint last_heard_{};
  bool up_ = false;
  int attempts_ = 0;
  std::minstd_rand random_;
  Counter connects_;
  bool closing_ = false;
};

}  // namespace levee::redis
