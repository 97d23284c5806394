#include "sim/simulation.hpp"

#include <stdexcept>

#include <gtest/gtest.h>

#include "sim/figures.hpp"
#include "sim/report.hpp"

namespace levee::sim {
namespace {

// A small server, so that a run takes milliseconds.
Plan small() {
  Plan plan;
  plan.cores = 0.2;
  plan.horizon = 90;
  return plan;
}

TEST(Simulation, GivesTheSameForTheSameSeed) {
  const auto first = simulate(small(), "levee");
  const auto second = simulate(small(), "levee");
  EXPECT_EQ(first.admitted, second.admitted);
  EXPECT_EQ(first.late_during, second.late_during);
}

TEST(Simulation, ShowsIncumbentsStallWithoutAdmission) {
  const auto outcome = simulate(small(), "none");
  EXPECT_EQ(outcome.stalled_share, 1);
  EXPECT_GT(outcome.stalled_seconds, 2);
}

TEST(Simulation, ShowsThatNoIncumbentStallsWithTheController) {
  for (const double factor : {2.0, 10.0, 30.0}) {
    auto plan = small();
    plan.factor = factor;
    const auto outcome = simulate(plan, "levee");
    EXPECT_EQ(outcome.stalled_share, 0) << factor;
    EXPECT_LT(outcome.start_p99, 3) << factor;
  }
}

TEST(Simulation, OfASurgeInsideCapacityLetsAllIn) {
  auto plan = small();
  plan.factor = 0.3;
  const auto outcome = simulate(plan, "levee");
  EXPECT_EQ(outcome.stalled_share, 0);
  EXPECT_GE(outcome.all_in_after, 0);
  EXPECT_LT(outcome.all_in_after, 30);
}

TEST(Simulation, RefusesAnUnknownPolicy) { EXPECT_THROW(simulate(small(), "luck"), std::invalid_argument); }

TEST(Figures, GiveQuantilesWithinAStep) {
  Figures figures;
  for (int i = 1; i <= 1000; ++i) figures.add(i * 0.001, 1);
  EXPECT_NEAR(figures.quantile(0.5), 0.5, 0.03);
  EXPECT_NEAR(figures.quantile(0.99), 0.99, 0.05);
  EXPECT_EQ(Figures{}.quantile(0.5), 0);
}

TEST(RankCorrelation, IsOneInTheSameOrderAndMinusOneInTheOpposite) {
  EXPECT_NEAR(rank_correlation({1, 2, 3, 4}, {10, 20, 30, 40}), 1, 1e-12);
  EXPECT_NEAR(rank_correlation({1, 2, 3, 4}, {4, 3, 2, 1}), -1, 1e-12);
}

TEST(Picture, IsAnSvgThatNeedsNothingElse) {
  const Plan plan = small();
  const auto svg = picture("A surge", {{plan, simulate(plan, "levee")}});
  EXPECT_TRUE(svg.starts_with("<svg xmlns="));
  EXPECT_TRUE(svg.ends_with("</svg>\n"));
  EXPECT_EQ(svg.find("nan"), std::string::npos);
}

}  // namespace
}  // namespace levee::sim
