#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "levee/base/result.hpp"

#include "surge/socket_poll.hpp"
#include "surge/timer_wheel.hpp"

namespace levee::surge {

/// What all connections of the generator share, and what it finds out about its own limits.
///
/// Lifetime: outlives every connection. Thread: one.
class Network {
 public:
  explicit Network(boost::asio::io_context& context, TimePoint now)
      : context_{context}, wheel_{now}, poll_{context} {
    buffer_.resize(kBufferSize);
  }

  boost::asio::io_context& context() { return context_; }
  TimerWheel& wheel() { return wheel_; }
  SocketPoll& poll() { return poll_; }

  /// Where bytes are read to that nobody keeps. Its content is good until the next read.
  std::vector<char>& buffer() { return buffer_; }

  /// Loopback has as many source addresses as one likes, each with its own 28,000 ports: connections to it
  /// are spread over `addresses` of them. 1: the kernel chooses.
  void spread_sources(std::uint32_t addresses) { sources_ = addresses; }
  std::uint32_t sources() const { return sources_; }

  /// Opens a socket that does not block and is to be connected to `target`, from the source address whose
  /// turn it is. It counts as a connection until `close_socket`. Errors: those of socket(2) and bind(2),
  /// counted where they are the generator's own.
  Result<int> open_socket(const boost::asio::ip::tcp::endpoint& target);
  /// Ends it: `by_reset` with all that is still under way, else as usual.
  void close_socket(int socket, bool by_reset);

  /// The generator's own failures: a run in which they are not zero is no measurement of the server.
  struct Failures {
    std::uint64_t descriptors = 0;  ///< no descriptor was left for a connection
    std::uint64_t ports = 0;        ///< no local port was left for it
    std::uint64_t memory = 0;       ///< the kernel had none for it
  };
  Failures failures;
  std::uint64_t connections_peak = 0;  ///< the most at one time

  /// Counts why a connection could not be opened, where it is the generator's own fault.
  void count_failure(const ErrorCode& error);

 private:
  static constexpr std::size_t kBufferSize = 256 * 1024;

  ErrorCode take_turn(int socket, const boost::asio::ip::tcp::endpoint& target);

  boost::asio::io_context& context_;
  TimerWheel wheel_;
  SocketPoll poll_;
  std::uint64_t connections_ = 0;
  std::vector<char> buffer_;
  std::uint32_t sources_ = 1;
  std::uint32_t next_ = 0;
};

}  // namespace levee::surge
