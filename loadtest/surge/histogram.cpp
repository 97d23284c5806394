#include "surge/histogram.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <nlohmann/json.hpp>

namespace levee::surge {

template <int kSubBits>
void BasicHistogram<kSubBits>::record(Duration time, std::uint64_t times) {
  if (times == 0) return;
  const auto whole = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
  const auto value = std::min<std::uint64_t>(whole < 0 ? 0 : static_cast<std::uint64_t>(whole), kMostMicros);
  if (buckets_.empty()) buckets_.resize(kBuckets);
  buckets_[bucket_of(value)] += times;
  least_ = count_ == 0 ? value : std::min(least_, value);
  greatest_ = std::max(greatest_, value);
  count_ += times;
  sum_ += value * times;
}

template <int kSubBits>
void BasicHistogram<kSubBits>::merge(const BasicHistogram& other) {
  if (other.count_ == 0) return;
  if (buckets_.empty()) buckets_.resize(kBuckets);
  for (std::size_t i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
  least_ = count_ == 0 ? other.least_ : std::min(least_, other.least_);
  greatest_ = std::max(greatest_, other.greatest_);
  count_ += other.count_;
  sum_ += other.sum_;
}

template <int kSubBits>
Duration BasicHistogram<kSubBits>::mean() const {
  return count_ == 0 ? Duration{0} : micros(sum_ / count_);
}

template <int kSubBits>
Duration BasicHistogram<kSubBits>::quantile(double quantile) const {
  if (count_ == 0) return Duration{0};
  const auto wanted = std::ceil(std::clamp(quantile, 0.0, 1.0) * static_cast<double>(count_));
  const auto rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(wanted), 1, count_);
  if (rank == count_) return max();
  std::uint64_t passed = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    passed += buckets_[i];
    if (passed >= rank) return micros(std::clamp(middle_of(i), least_, greatest_));
  }
  return max();
}

template <int kSubBits>
nlohmann::json BasicHistogram<kSubBits>::to_json() const {
  auto filled = nlohmann::json::array();
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    if (buckets_[i] != 0) filled.push_back({i, buckets_[i]});
  }
  return {
      {"count", count_}, {"sum_us", sum_}, {"min_us", least_}, {"max_us", greatest_}, {"buckets", filled}};
}

template <int kSubBits>
BasicHistogram<kSubBits> BasicHistogram<kSubBits>::from_json(const nlohmann::json& json) {
  BasicHistogram read;
  read.count_ = json.at("count").get<std::uint64_t>();
  read.sum_ = json.at("sum_us").get<std::uint64_t>();
  read.least_ = json.at("min_us").get<std::uint64_t>();
  read.greatest_ = json.at("max_us").get<std::uint64_t>();
  if (read.count_ > 0) read.buckets_.resize(kBuckets);
  std::uint64_t counted = 0;
  for (const auto& entry : json.at("buckets")) {
    const auto index = entry.at(0).get<std::size_t>();
    if (index >= read.buckets_.size())
      throw std::runtime_error{"a histogram has a bucket that does not exist"};
    read.buckets_[index] = entry.at(1).get<std::uint64_t>();
    counted += read.buckets_[index];
  }
  if (counted != read.count_) throw std::runtime_error{"a histogram's buckets do not add up to its count"};
  return read;
}

template class BasicHistogram<6>;
template class BasicHistogram<4>;

}  // namespace levee::surge
