#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace levee::test {

/// A redis-server of the test's own: without a disk, on a free port, in a folder that is removed.
class RedisServer {
 public:
  enum class Mode {
    plain,
    tls,          ///< speaks TLS alone, as localhost, with a certificate that signs itself (`certificate`)
    cluster,      ///< may be one of a cluster
    tls_cluster,  ///< both
  };

  /// `more`: arguments of its own.
  explicit RedisServer(Mode mode = Mode::plain, std::vector<std::string> more = {});
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  std::string certificate() const { return folder_ + "/certificate.pem"; }
  std::string port() const { return std::to_string(port_); }
  /// Starts it, empty, and waits until it answers. Of a cluster it still is what it was.
  void start();
  void kill();
  /// Lets the server do an inline command, on a connection of its own; what it answers first.
  std::string ask(const std::string& command) const;
  /// It lives, and answers nothing.
  void freeze();
  void thaw();

 private:
  bool tls() const { return mode_ == Mode::tls || mode_ == Mode::tls_cluster; }
  void make_certificate() const;

  std::uint16_t port_ = 0;
  std::string folder_;
  Mode mode_;
  std::vector<std::string> more_;
  pid_t pid_ = -1;
};

/// A cluster of three masters, each with a third of the slots; the last has a replica.
class RedisCluster {
 public:
  static constexpr std::size_t kMasters = 3;

  RedisCluster();

  RedisServer& server(std::size_t index) { return servers_.at(index); }
  RedisServer& replica() { return servers_.back(); }

  /// Which master has this key.
  std::size_t owner(const std::string& key) const;
  /// Begins to move the slot of a key to another master: until `finish_move`, both have a part of it.
  void begin_move(const std::string& key, std::size_t to);
  /// Moves up to `count` of its keys, 50 at most; gives how many are left.
  std::size_t move_keys(std::size_t count) const;
  void finish_move();
  /// Every master forgets its data.
  void flush() const;

 private:
  struct Move {
    std::string slot;
    std::size_t from = 0;
    std::size_t to = 0;
  };
  std::string id(std::size_t index) const;

  std::array<RedisServer, kMasters + 1> servers_;
  Move move_;
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
