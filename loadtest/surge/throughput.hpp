#pragma once

#include <cstdint>

#include "levee/base/clock.hpp"

namespace levee::surge {

/// A player's estimate of its own network, as hls.js keeps it for live streams: two weighted averages, a fast
/// one and a slow one, of which the lower counts.
class ThroughputEstimate {
 public:
  /// Adds a fetch: `bytes` in `time`, from the first byte to the last. Times below 50 ms count as 50 ms,
  /// since they tell more about buffers than about the network.
  void add(std::uint64_t bytes, Duration time);

  /// Units: bits a second. 500 kb/s before anything is known.
  double bits_per_second() const;

 private:
  struct Average {
    double half_life_s;
    double sum = 0;
    double weight = 0;
    void add(double seconds, double value);
    double value() const { return sum / weight; }
  };

  Average fast_{3};
  Average slow_{9};
};

}  // namespace levee::surge
