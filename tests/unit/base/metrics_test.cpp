#include "levee/base/metrics.hpp"

#include <gtest/gtest.h>

namespace levee {
namespace {

TEST(MetricsText, GroupsSamplesOfOneNameUnderOneHead) {
  MetricsText out;
  out.counter("levee_a_total", "Counts a.", 1, {{"kind", "x"}});
  out.gauge("levee_b", "Is b.", 2.5);
  out.counter("levee_a_total", "Counts a.", 3, {{"kind", "y"}, {"other", "z"}});
  EXPECT_EQ(out.text(),
            "# HELP levee_a_total Counts a.\n# TYPE levee_a_total counter\n"
            "levee_a_total{kind=\"x\"} 1\nlevee_a_total{kind=\"y\",other=\"z\"} 3\n"
            "# HELP levee_b Is b.\n# TYPE levee_b gauge\nlevee_b 2.5\n");
}

TEST(MetricsText, EscapesLabels) {
  MetricsText out;
  out.gauge("levee_c", "Is c.", 1, {{"k", "a\"b\\c\nd"}});
  EXPECT_NE(out.text().find("levee_c{k=\"a\\\"b\\\\c\\nd\"} 1\n"), std::string::npos);
}

TEST(MetricsText, WritesLargeNumbersWhole) {
  MetricsText out;
  out.counter("levee_big_total", "Is big.", 18446744073709551615ULL);
  EXPECT_NE(out.text().find("levee_big_total 18446744073709551615\n"), std::string::npos);
}

}  // namespace
}  // namespace levee
