#pragma once

#include <cstdint>
#include <string>

#include <sys/types.h>

namespace levee::test {

/// A redis-server of the test's own: without a disk, on a free port, in a folder that is removed.
class RedisServer {
 public:
  /// `tls`: speaks TLS alone, as localhost, with a certificate that signs itself (`certificate`).
  explicit RedisServer(bool tls = false);
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  std::string certificate() const { return folder_ + "/certificate.pem"; }
  std::string port() const { return std::to_string(port_); }
  /// Starts it, empty, and waits until it answers.
  void start();
  void kill();
  /// Lets the server do an inline command, on a connection of its own; what it answers first.
  std::string ask(const std::string& command) const;
  /// It lives, and answers nothing.
  void freeze();
  void thaw();

 private:
  void make_certificate() const;

  std::uint16_t port_ = 0;
  std::string folder_;
  bool tls_ = false;
  pid_t pid_ = -1;
};

/// A Sentinel of the test's own, which watches one server under the name "main".
class RedisSentinel {
 public:
  explicit RedisSentinel(const RedisServer& server);
  ~RedisSentinel();
  RedisSentinel(const RedisSentinel&) = delete;
  RedisSentinel& operator=(const RedisSentinel&) = delete;

  std::string port() const { return std::to_string(port_); }

 private:
  std::uint16_t port_ = 0;
  std::string folder_;
  pid_t pid_ = -1;
};

}  // namespace levee::test
