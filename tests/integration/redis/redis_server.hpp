#pragma once

#include <cstdint>
#include <string>

#include <sys/types.h>

namespace levee::test {

/// A redis-server of the test's own: without a disk, on a free port, in a folder that is removed.
class RedisServer {
 public:
  RedisServer();
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  std::string port() const { return std::to_string(port_); }
  /// Starts it, empty, and waits until it answers.
  void start();
  void kill();
  /// It lives, and answers nothing.
  void freeze();
  void thaw();

 private:
  std::uint16_t port_ = 0;
  std::string folder_;
  pid_t pid_ = -1;
};

}  // namespace levee::test
