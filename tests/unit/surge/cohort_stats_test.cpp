#include "surge/cohort_stats.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace levee::surge {
namespace {

/// Every field has a value of its own, made from `seed`.
CohortStats filled(std::uint64_t seed) {
  CohortStats stats;
  const auto record = [&seed](Histogram& times) {
    ++seed;
    times.record(std::chrono::microseconds{seed * 37}, seed);
  };
  for (const auto& field : kCounterFields) stats.*field.member = ++seed;
  for (auto& error : stats.errors) error = ++seed;
  for (const auto& field : kHistogramFields) record(stats.*field.member);
  for (auto& times : stats.fetch) record(times);
  stats.rung_seconds = {{"source", static_cast<double>(seed)}, {"rung" + std::to_string(seed), 1.5}};
  return stats;
}

TEST(CohortStats, ReturnFromJsonAsTheyWere) {
  const auto stats = filled(10);
  EXPECT_EQ(CohortStats::from_json(nlohmann::json::parse(stats.to_json().dump())), stats);
}

TEST(CohortStats, MergeExactlyAndInAnyOrder) {
  auto left = filled(1);
  left.merge(filled(100));
  left.merge(filled(1000));
  auto right = filled(1000);
  right.merge(filled(1));
  right.merge(filled(100));
  EXPECT_EQ(left, right);
  EXPECT_EQ(left.planned, 2u + 101u + 1001u);
}

TEST(CohortStats, EveryCounterHasItsNameInTheJson) {
  const auto json = filled(1).to_json();
  EXPECT_EQ(json.size(), kCounterFields.size() + 3) << "and errors, times, rung_seconds";
  EXPECT_EQ(json.at("times").size(), kHistogramFields.size() + kFetchNames.size());
  EXPECT_EQ(json.at("errors").size(), kErrorNames.size());
}

TEST(CohortStats, CountAllKindsOfErrors) {
  CohortStats stats;
  stats.failed(ErrorKind::reset);
  stats.failed(ErrorKind::reset);
  stats.failed(ErrorKind::malformed);
  EXPECT_EQ(stats.error_count(), 3u);
  EXPECT_EQ(stats.to_json().at("errors").at("resets"), 2);
}

}  // namespace
}  // namespace levee::surge
