#pragma once

#include <memory>

#include "levee/app/config.hpp"

namespace levee::app {

/// The whole process: makes every part, connects them, starts them and stops them.
///
/// Errors: the constructor throws when something that the configuration asks for can't be had, such as a
/// port. Thread: the main one.
class Server {
 public:
  /// Keeps SIGTERM and SIGINT for `run_until_signal`. Call first in main, before any thread exists.
  static void block_signals();

  explicit Server(const Config& config);
  /// Stops, if `run_until_signal` did not.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Serves until SIGTERM or SIGINT; then accepts no more, ends every playlist, lets responses in flight end,
  /// and returns within 5 s. A second signal ends the process at once.
  void run_until_signal();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace levee::app
