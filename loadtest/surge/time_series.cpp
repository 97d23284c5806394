#include "surge/time_series.hpp"

#include <algorithm>
#include <stdexcept>

#include <nlohmann/json.hpp>

namespace levee::surge {
namespace {

/// The bin of `at`, or nothing when it is outside.
std::optional<std::size_t> index_of(Duration at, Duration bin) {
  if (at < Duration{0} || bin <= Duration{0}) return std::nullopt;
  const auto index = static_cast<std::size_t>(at / bin);
  if (index >= TimeSeries::kMostBins) return std::nullopt;
  return index;
}

}  // namespace

std::optional<double>* ValueSeries::bin_of(Duration at) {
  const auto index = index_of(at, bin_);
  if (!index) return nullptr;
  if (*index >= values_.size()) values_.resize(*index + 1);
  return &values_[*index];
}

void ValueSeries::add(Duration at, double amount) {
  if (auto* bin = bin_of(at)) *bin = bin->value_or(0) + amount;
}

void ValueSeries::set(Duration at, double value) {
  if (auto* bin = bin_of(at)) *bin = value;
}

void ValueSeries::merge(const ValueSeries& other) {
  if (other.values_.size() > values_.size()) values_.resize(other.values_.size());
  for (std::size_t i = 0; i < other.values_.size(); ++i) {
    if (!other.values_[i]) continue;
    const double theirs = *other.values_[i];
    if (!values_[i]) {
      values_[i] = theirs;
    } else {
      values_[i] = merging_ == Merging::sum ? *values_[i] + theirs : std::max(*values_[i], theirs);
    }
  }
}

void TimesSeries::record(Duration at, Duration time) {
  const auto index = index_of(at, bin_);
  if (!index) return;
  if (*index >= bins_.size()) bins_.resize(*index + 1);
  bins_[*index].record(time);
}

void TimesSeries::merge(const TimesSeries& other) {
  if (other.bins_.size() > bins_.size()) bins_.resize(other.bins_.size());
  for (std::size_t i = 0; i < other.bins_.size(); ++i) bins_[i].merge(other.bins_[i]);
}

ValueSeries& TimeSeries::value(std::string_view name, Merging merging) {
  const auto place = values_.find(name);
  if (place != values_.end()) return place->second;
  return values_.emplace(std::string{name}, ValueSeries{bin_, merging}).first->second;
}

TimesSeries& TimeSeries::times(std::string_view name) {
  const auto place = times_.find(name);
  if (place != times_.end()) return place->second;
  return times_.emplace(std::string{name}, TimesSeries{bin_}).first->second;
}

void TimeSeries::merge(const TimeSeries& other) {
  if (other.bin_ != bin_)
    throw std::runtime_error{"the time axes of two results differ: they are of other runs"};
  for (const auto& [name, theirs] : other.values_) value(name, theirs.merging()).merge(theirs);
  for (const auto& [name, theirs] : other.times_) times(name).merge(theirs);
}

nlohmann::json TimeSeries::to_json() const {
  using std::chrono::duration_cast;
  nlohmann::json json{{"bin_us", duration_cast<std::chrono::microseconds>(bin_).count()},
                      {"values", nlohmann::json::object()},
                      {"times", nlohmann::json::object()}};
  for (const auto& [name, one] : values_) {
    auto points = nlohmann::json::array();
    for (const auto& point : one.values())
      points.push_back(point ? nlohmann::json(*point) : nlohmann::json());
    json["values"][name] = {{"merge", one.merging() == Merging::sum ? "sum" : "max"}, {"points", points}};
  }
  for (const auto& [name, one] : times_) {
    auto bins = nlohmann::json::array();
    for (const auto& bin : one.bins()) bins.push_back(bin.count() == 0 ? nlohmann::json() : bin.to_json());
    json["times"][name] = bins;
  }
  return json;
}

TimeSeries TimeSeries::from_json(const nlohmann::json& json) {
  TimeSeries read{std::chrono::microseconds{json.at("bin_us").get<std::int64_t>()}};
  if (read.bin_ <= Duration{0}) throw std::runtime_error{"a time axis has bins without length"};
  for (const auto& [name, one] : json.at("values").items()) {
    auto& values = one.at("merge") == "sum" ? read.sum(name) : read.max(name);
    const auto& points = one.at("points");
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (!points[i].is_null()) values.set(read.bin_ * static_cast<std::int64_t>(i), points[i].get<double>());
    }
  }
  for (const auto& [name, bins] : json.at("times").items()) {
    auto& times = read.times(name);
    for (const auto& bin : bins)
      times.bins_.push_back(bin.is_null() ? CoarseHistogram{} : CoarseHistogram::from_json(bin));
  }
  return read;
}

}  // namespace levee::surge
