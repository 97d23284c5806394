#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "levee/base/clock.hpp"

namespace levee::surge {

/// Times from 1 us to 10 min in buckets whose width grows with the value, as HdrHistogram's: a percentile is
/// within half a bucket of the truth. Counts, least, greatest and sum are exact.
///
/// `kSubBits` sets the precision: 2^kSubBits buckets for each doubling; the error is at most 2^-(kSubBits +
/// 1). Limits: a time below zero counts as zero, one above 10 min as 10 min. Memory is taken with the first
/// record and then fixed. Merging is exact, and its order does not matter.
template <int kSubBits>
class BasicHistogram {
 public:
  /// Adds one time, or several equal ones.
  void record(Duration time, std::uint64_t times = 1);
  /// Adds everything that `other` holds.
  void merge(const BasicHistogram& other);

  std::uint64_t count() const { return count_; }
  Duration min() const { return micros(least_); }
  Duration max() const { return micros(greatest_); }
  /// The sum of all times divided by their number; zero when there are none.
  Duration mean() const;
  Duration sum() const { return micros(sum_); }
  /// The time that the share `quantile` (0..1) of all are at or below; zero when there are none. 1 is the
  /// max.
  Duration quantile(double quantile) const;

  bool operator==(const BasicHistogram&) const = default;

  /// {"count", "sum_us", "min_us", "max_us", "buckets": [[index, count], ...]}, empty buckets left out.
  nlohmann::json to_json() const;
  /// Errors: throws nlohmann::json::exception, or std::runtime_error when the numbers contradict each other.
  static BasicHistogram from_json(const nlohmann::json& json);

 private:
  static constexpr std::uint64_t kMostMicros = 600'000'000;
  static constexpr std::uint64_t kSub = std::uint64_t{1} << kSubBits;

  static Duration micros(std::uint64_t value) {
    return std::chrono::microseconds{static_cast<std::int64_t>(value)};
  }
  /// Values below 2 * kSub have a bucket each; above, each doubling has kSub of them.
  static constexpr std::size_t bucket_of(std::uint64_t value) {
    if (value < 2 * kSub) return value;
    const int shift = static_cast<int>(std::bit_width(value)) - kSubBits - 1;
    return (static_cast<std::uint64_t>(shift) << kSubBits) + (value >> shift);
  }
  static constexpr std::uint64_t middle_of(std::size_t bucket) {
    if (bucket < 2 * kSub) return bucket;
    const auto shift = (bucket >> kSubBits) - 1;
    return ((kSub + (bucket & (kSub - 1))) << shift) + ((std::uint64_t{1} << shift) >> 1);
  }
  static constexpr std::size_t kBuckets = bucket_of(kMostMicros) + 1;

  std::vector<std::uint64_t> buckets_;  ///< empty until the first record
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t least_ = 0;
  std::uint64_t greatest_ = 0;
};

/// For results: an error below 0.8 %, 12 kB.
using Histogram = BasicHistogram<6>;
/// For one point of a plot: an error below 3.2 %, 4 kB.
using CoarseHistogram = BasicHistogram<4>;

extern template class BasicHistogram<6>;
extern template class BasicHistogram<4>;

}  // namespace levee::surge
