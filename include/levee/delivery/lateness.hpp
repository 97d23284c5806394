#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "levee/base/clock.hpp"

namespace levee::delivery {

/// Counts durations in buckets a fifth apart, from a sixteenth of a millisecond to a minute, so that
/// recording one costs an addition and quantiles can be told of the sum of several shards'.
///
/// Thread: one.
class LatenessHistogram {
 public:
  void record(Duration duration);
  void add(const LatenessHistogram& other);
  void clear() { *this = {}; }

  std::uint64_t count() const { return count_; }
  Duration max() const { return max_; }
  /// The upper end of the bucket in which the share `q` (0..1) of all durations is reached, `max()` at most;
  /// zero when there are none.
  Duration quantile(double q) const;

 private:
  static constexpr std::size_t kBuckets = 84;  ///< four in each doubling

  std::array<std::uint32_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
  Duration max_{};
};

}  // namespace levee::delivery
