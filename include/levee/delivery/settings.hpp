#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "levee/base/clock.hpp"

namespace levee::delivery {

/// What the public and the admin listener need to know.
struct Settings {
  std::string address = "0.0.0.0";  ///< of the public listener
  std::uint16_t port = 8080;        ///< 0: chosen by the kernel
  std::string admin_address = "127.0.0.1";
  std::uint16_t admin_port = 8081;  ///< API and metrics; 0: chosen by the kernel

  std::string web_root = "web";  ///< index.html, watch.html, assets/; loaded into memory at start

  /// Whether a multivariant playlist carries a viewer token in its URIs. Off for delivery behind a CDN, where
  /// URLs must be shared; viewers are then not counted.
  bool sessions = true;
  /// Signs viewer tokens. The same on every node, and over restarts, keeps viewers known; empty: a random
  /// one.
  std::string token_key;
  Duration viewer_timeout = std::chrono::seconds{10};  ///< a session not seen for this long has left

  /// Whether newcomers are asked to wait when more would harm those who watch. Needs `sessions`.
  bool admission = true;
  std::size_t max_newcomers_per_s = 0;  ///< an upper bound of the operator's, on what is measured; 0: none

  std::size_t max_connections = 20'000;  ///< in all; the next is told 503 and closed
  std::size_t max_parked = 20'000;       ///< requests waiting for a part, in all; the next is told 503
  std::size_t head_limit_bytes = 8192;   ///< request line and header fields

  Duration idle_timeout = std::chrono::seconds{60};  ///< a connection without a request
  Duration head_timeout = std::chrono::seconds{10};  ///< from a request's first byte to its last
  /// A client that acknowledges less over this long than a quarter of the rate of the media that it fetches
  /// (without media: nothing) is closed; so is, after a little more than twice as long, one whose peer is
  /// dead.
  Duration write_timeout = std::chrono::seconds{10};
  Duration stop_grace = std::chrono::seconds{3};  ///< for responses in flight at shutdown

  int backlog = 65'535;  ///< connections that wait to be accepted, a shard; the kernel may allow fewer
  std::string congestion_control;  ///< of the public listener ("cubic"); empty: the kernel's default
  /// How many files the process may open. Connections keep clear of its end, see FileBudget. 0: not known.
  std::size_t file_limit = 0;
};

}  // namespace levee::delivery
