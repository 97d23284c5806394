#pragma once

#include <array>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <sys/epoll.h>

#include "levee/base/result.hpp"

namespace levee::surge {

/// Who is told that its socket is ready.
class PolledSocket {
 public:
  /// Something has come, there is room to send again, or the connection has ended. Told once for each of
  /// these, so that it takes all there is; now and then it is told for nothing. `hung_up`: the peer sends no
  /// more.
  virtual void ready(bool hung_up) = 0;

 protected:
  ~PolledSocket() = default;
};

/// Tells a crowd of sockets when they are ready. A socket costs one call of the kernel when it is opened, and
/// its share of one for all that are ready together; Asio's own waits are a call for each, every time.
///
/// Lifetime: `context` outlives it; a socket's owner lives until `context` runs no more. Thread: one.
/// Source: epoll(7), edge-triggered.
class SocketPoll {
 public:
  /// Errors: throws boost::system::system_error when no descriptor is left.
  explicit SocketPoll(boost::asio::io_context& context);

  /// From now on `owner` is told about `socket`, also of what is there already, until it is closed; not
  /// within this call. `room`: also when it is connected, or takes more to send. May be called again to
  /// change that.
  ErrorCode watch(int socket, PolledSocket& owner, bool room);

 private:
  static constexpr int kAtOnce = 64;  ///< then come timers

  void wait();
  void tell();

  boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> epoll_;
  std::array<epoll_event, kAtOnce> events_{};
};

}  // namespace levee::surge
