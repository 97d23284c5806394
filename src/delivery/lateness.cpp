#include "levee/delivery/lateness.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace levee::delivery {
namespace {

/// Durations are counted in units of a sixteenth of a millisecond; the first four buckets are one unit wide.
constexpr Duration kUnit = std::chrono::nanoseconds{62'500};
constexpr unsigned kSubBits = 2;

std::size_t bucket_of(std::uint64_t units) {
  constexpr std::uint64_t kLinear = 1U << kSubBits;
  if (units < kLinear) return units;
  const auto octave = static_cast<unsigned>(std::bit_width(units)) - 1 - kSubBits;
  return (octave << kSubBits) + (units >> octave);
}

/// The first number of units that is past the bucket.
std::uint64_t end_of(std::size_t bucket) {
  constexpr std::size_t kLinear = 1U << kSubBits;
  if (bucket < kLinear) return bucket + 1;
  const std::size_t octave = (bucket >> kSubBits) - 1;
  return (kLinear + bucket % kLinear + 1) << octave;
}

}  // namespace

void LatenessHistogram::record(Duration duration) {
  duration = std::max(duration, Duration::zero());
  const auto bucket = bucket_of(static_cast<std::uint64_t>(duration / kUnit));
  ++buckets_[std::min(bucket, kBuckets - 1)];
  ++count_;
  max_ = std::max(max_, duration);
}

void LatenessHistogram::add(const LatenessHistogram& other) {
  for (std::size_t i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
}

Duration LatenessHistogram::quantile(double q) const {
  if (count_ == 0) return {};
  const auto wanted =
      std::max(std::uint64_t{1}, static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(count_))));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += buckets_[i];
    if (seen >= wanted) return std::min(max_, kUnit * static_cast<Duration::rep>(end_of(i)));
  }
  return max_;
}

}  // namespace levee::delivery
