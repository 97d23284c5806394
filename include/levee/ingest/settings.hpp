#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "levee/base/clock.hpp"

namespace levee::ingest {

/// How publishers come in by RTMP.
struct RtmpSettings {
  bool enabled = true;
  std::string address = "::";  ///< to listen on; "::" is IPv4 and IPv6, where the machine has both
  std::uint16_t port = 1935;   ///< 0: any free one
  std::string app = "live";    ///< the only application served: rtmp://HOST/APP
  Duration publish_timeout = std::chrono::seconds{10};  ///< from accept to publish
  Duration idle_timeout = std::chrono::seconds{10};     ///< a publisher silent for this long is lost
  Duration write_timeout = std::chrono::seconds{5};     ///< for an answer to be taken
  std::size_t max_connections = 1000;
  std::size_t max_waiting_per_address = 20;  ///< not publishing yet, of one address, on one io thread
};

/// How publishers come in by SRT.
struct SrtSettings {
  bool enabled = true;
  std::string address = "::";  ///< to listen on; "::" is IPv4 and IPv6, where the machine has both
  std::uint16_t port = 8890;   ///< UDP; 0: any free one
  Duration latency = std::chrono::milliseconds{120};  ///< time for lost packets to be sent again; the higher
                                                      ///< of this and the caller's counts
  Duration idle_timeout = std::chrono::seconds{10};   ///< a publisher silent for this long is lost
  std::size_t max_connections = 200;
  std::size_t input_bytes = 4 * 1024 * 1024;  ///< of one publisher, on their way to its shard
};

/// The edge where publishers come in.
struct Settings {
  RtmpSettings rtmp;
  SrtSettings srt;
};

}  // namespace levee::ingest
