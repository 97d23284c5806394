#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "levee/base/bytes.hpp"
#include "levee/base/result.hpp"

namespace levee::ingest {

/// One SRT caller as its two sides share it: the thread that reads its socket, and the shard that it belongs
/// to.
///
/// Thread: what stands under a side belongs to that side; the atomics to both.
struct SrtLink {
  SrtLink(boost::asio::io_context& home, int connected) : context{home}, socket{connected}, wake{home} {}

  boost::asio::io_context& context;  ///< the shard's
  const int socket;
  std::string key;
  std::string peer;

  std::atomic<std::size_t> waiting_bytes{0};  ///< read and not yet demultiplexed
  std::atomic<bool> unwanted{false};          ///< the shard is done with it: close the socket

  // The reader's.
  bool paused = false;
  std::uint64_t lost_packets = 0;  ///< as libsrt last told
  std::uint64_t dropped_packets = 0;

  // The shard's.
  std::deque<Bytes> input;
  ErrorCode ended;  ///< why the socket was closed
  boost::asio::steady_timer wake;
};

}  // namespace levee::ingest
