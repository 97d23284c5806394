#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "levee/base/clock.hpp"

#include "fetch/tally.hpp"
#include "surge/target.hpp"

namespace levee::fetch {

/// Asks for one URL over and over on keep-alive connections, each as soon as the response before it is whole:
/// the most that a server gives. For comparing servers whose own core shall be what is full: one read of the
/// head, and the body is thrown away inside the kernel, so that this side costs less than any server.
///
/// Errors: std::runtime_error when a server can't be reached, answers anything but 200 with a length, or
/// closes. Limits: IPv4; responses with Content-Length. Thread: the caller's. Opens its connections in the
/// constructor.
class Fetcher {
 public:
  Fetcher(const surge::Target& target, std::size_t connections);
  ~Fetcher();
  Fetcher(const Fetcher&) = delete;
  Fetcher& operator=(const Fetcher&) = delete;

  /// Loads the server for `time`.
  Tally run(Duration time);

 private:
  struct Connection {
    int socket = -1;
    bool in_body = false;
    std::uint64_t left = 0;  ///< of the body
  };

  void ask(const Connection& connection);
  void read(Connection& connection);
  std::uint64_t read_head(Connection& connection);

  std::string request_;
  std::vector<Connection> connections_;
  int epoll_ = -1;
  Tally tally_;
};

}  // namespace levee::fetch
