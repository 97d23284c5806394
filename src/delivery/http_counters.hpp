#pragma once

#include <array>
#include <cstddef>

#include "levee/base/metrics.hpp"
#include "levee/delivery/response.hpp"

namespace levee::delivery {

/// What one listener counts on one shard; kept apart so that shards do not write to each other's cache lines.
struct alignas(64) HttpCounters {
  static constexpr std::size_t kStatusClasses = 6;  ///< index: status / 100

  std::array<std::array<Counter, kStatusClasses>, kRequestKinds> responses;
  Counter bytes_sent;
  Counter accepted;
  Counter refused;        ///< told 503 at the door: the limit of connections
  Counter accept_errors;  ///< out of descriptors or memory
  Counter upgraded;
  Counter parks;
  Counter park_timeouts;  ///< waited in vain for a part
  Counter left_parked;    ///< the viewer went away while its request was parked
  Counter idle_timeouts;
  Counter given_up;  ///< connections of newcomers told to wait, for their descriptors
  Counter head_timeouts;
  Counter slow_closed;  ///< took no byte of a response in time
  Gauge parked;

  void count(const Response& response) {
    responses[static_cast<std::size_t>(response.kind)][response.head->status / 100 % kStatusClasses].add();
  }
};

}  // namespace levee::delivery
