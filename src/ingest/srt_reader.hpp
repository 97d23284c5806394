#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <unordered_map>

#include "levee/base/clock.hpp"
#include "levee/base/metrics.hpp"
#include "levee/base/result.hpp"
#include "levee/ingest/settings.hpp"

#include "ingest/srt_link.hpp"

namespace levee::ingest {

/// libsrt's side of SRT ingest: the listening socket, the thread that reads all others, and nothing of media.
///
/// Lifetime: one at a time in a process, since libsrt is started and ended with it.
/// Thread: `start`, `stop` and the destructor on one at a time; the handlers say where they are called.
class SrtReader {
 public:
  struct Handlers {
    /// Whether a caller may connect: an error is turned into a rejection. On a thread of libsrt's, which it
    /// must not hold up.
    std::function<ErrorCode(const std::string& stream_id, const std::string& peer)> admit;
    /// A caller is connected: gives its link, with the shard chosen. On the reader's thread.
    std::function<std::shared_ptr<SrtLink>(int socket, const std::string& stream_id, const std::string& peer)>
        connected;
    /// A batch of bytes, on the link's shard.
    std::function<void(const std::shared_ptr<SrtLink>& link, Bytes bytes)> received;
    /// Nothing more comes, on the link's shard. `link->ended` says why.
    std::function<void(const std::shared_ptr<SrtLink>& link)> closed;
  };

  SrtReader(const SrtSettings& settings, Handlers handlers);
  /// Stops, and waits for the thread.
  ~SrtReader();
  SrtReader(const SrtReader&) = delete;
  SrtReader& operator=(const SrtReader&) = delete;

  ErrorCode start();
  std::uint16_t port() const { return port_; }

  /// Asks the thread to close everything and end; `stopped` tells when it has. Does not wait.
  void stop() { stopping_ = true; }
  bool stopped() const { return stopped_; }

  void write_metrics(MetricsText& out) const;

 private:
  ErrorCode listen();
  void run();
  void accept_all();
  void read(SrtLink& link, const std::shared_ptr<SrtLink>& shared);
  void close(const std::shared_ptr<SrtLink>& link, ErrorCode reason);
  void look_after_links();
  void take_statistics(SrtLink& link);

  SrtSettings settings_;
  Handlers handlers_;
  int listener_ = -1;
  int epoll_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> stopped_{true};
  std::unordered_map<int, std::shared_ptr<SrtLink>> links_;
  TimePoint next_statistics_{};
  Counter lost_packets_;
  Counter dropped_packets_;
  std::thread thread_;
};

}  // namespace levee::ingest
