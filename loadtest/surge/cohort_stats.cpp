#include "surge/cohort_stats.hpp"

#include <numeric>

#include <nlohmann/json.hpp>

namespace levee::surge {

std::uint64_t CohortStats::error_count() const {
  return std::accumulate(errors.begin(), errors.end(), std::uint64_t{0});
}

void CohortStats::merge(const CohortStats& other) {
  for (const auto& field : kCounterFields) this->*field.member += other.*field.member;
  for (std::size_t i = 0; i < errors.size(); ++i) errors[i] += other.errors[i];
  for (const auto& field : kHistogramFields) (this->*field.member).merge(other.*field.member);
  for (std::size_t i = 0; i < fetch.size(); ++i) fetch[i].merge(other.fetch[i]);
  for (const auto& [rung, seconds] : other.rung_seconds) rung_seconds[rung] += seconds;
}

nlohmann::json CohortStats::to_json() const {
  nlohmann::json json;
  for (const auto& field : kCounterFields) json[field.name] = this->*field.member;
  for (std::size_t i = 0; i < errors.size(); ++i) json["errors"][kErrorNames[i]] = errors[i];
  for (const auto& field : kHistogramFields) json["times"][field.name] = (this->*field.member).to_json();
  for (std::size_t i = 0; i < fetch.size(); ++i) json["times"][kFetchNames[i]] = fetch[i].to_json();
  json["rung_seconds"] = rung_seconds;
  return json;
}

CohortStats CohortStats::from_json(const nlohmann::json& json) {
  CohortStats read;
  for (const auto& field : kCounterFields) json.at(std::string{field.name}).get_to(read.*field.member);
  const auto& errors = json.at("errors");
  for (std::size_t i = 0; i < kErrorNames.size(); ++i)
    errors.at(std::string{kErrorNames[i]}).get_to(read.errors[i]);
  const auto& times = json.at("times");
  for (const auto& field : kHistogramFields) {
    const auto found = times.find(std::string{field.name});  // an older harness did not measure all of them
    if (found != times.end()) read.*field.member = Histogram::from_json(*found);
  }
  for (std::size_t i = 0; i < kFetchNames.size(); ++i)
    read.fetch[i] = Histogram::from_json(times.at(std::string{kFetchNames[i]}));
  json.at("rung_seconds").get_to(read.rung_seconds);
  return read;
}

}  // namespace levee::surge
