#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

#include "levee/base/clock.hpp"

#include "fetch/tally.hpp"
#include "surge/target.hpp"

namespace levee::fetch {

/// Opens a connection for every request: connects, asks for one URL, takes the whole answer and closes, with
/// so many connections open at any time. For comparing how many connections servers take whose own core shall
/// be what is full: no time is spent on asking which one is answered, for all of them soon are, and a closed
/// one is reset, so that it leaves no port behind in TIME_WAIT.
///
/// Errors: std::runtime_error when the server can't be reached, answers anything but 200 or 503 with a
/// length, or closes first. Limits: IPv4; responses with Content-Length; waits for as long as a server is
/// silent. Thread: the caller's.
class Caller {
 public:
  Caller(const surge::Target& target, std::size_t connections);
  ~Caller();
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  /// Loads the server for `time`.
  Tally run(Duration time);

 private:
  void call();
  void take_answer(int socket);

  surge::Target target_;
  std::string request_;
  std::size_t connections_;
  std::deque<int> open_;  ///< the oldest first
  Tally tally_;
};

}  // namespace levee::fetch
