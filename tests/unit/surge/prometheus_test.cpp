#include "surge/prometheus.hpp"

#include <gtest/gtest.h>

namespace levee::surge {
namespace {

constexpr std::string_view kText =
    "# HELP a_total Things.\n# TYPE a_total counter\n"
    "a_total{x=\"1\",y=\"} \"} 2\na_total{x=\"2\"} 3.5\na_total_more 100\nb 7e3\nc NaN\n";

TEST(Prometheus, SumsAMetricOverItsLabels) {
  EXPECT_EQ(metric_sum(kText, "a_total"), 5.5);
  EXPECT_EQ(metric_max(kText, "a_total"), 3.5);
  EXPECT_EQ(metric_sum(kText, "b"), 7000.0);
}

TEST(Prometheus, GivesNothingForAMetricThatIsMissing) {
  EXPECT_FALSE(metric_sum(kText, "d"));
  EXPECT_FALSE(metric_sum(kText, "a"));
}

}  // namespace
}  // namespace levee::surge
