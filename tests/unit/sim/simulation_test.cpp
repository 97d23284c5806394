#include "sim/simulation.hpp"

#include <algorithm>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include "sim/figures.hpp"
#include "sim/report.hpp"
#include "sim/server.hpp"

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

TEST(Simulation, ShowsThatAnIdleServerPromisesNoMoreThanItHasWhenFull) {
  for (const double low_bitrate : {1e6, 4e6}) {  // with a lower rung to start on, and without
    auto plan = small();
    plan.cores = 1;
    plan.factor = 2;
    plan.low_bitrate = low_bitrate;
    const auto outcome = simulate(plan, "levee");
    EXPECT_EQ(outcome.stalled_share, 0) << low_bitrate;
    EXPECT_LT(outcome.late_during, 1.6 * outcome.late_before) << low_bitrate;
  }
}

TEST(Simulation, ShowsThatPromisesAreKeptAndTheServerFilledButNotMore) {
  for (const double factor : {3.0, 10.0}) {
    auto plan = small();
    plan.cores = 1;  // what asks again and again is not all there is to do
    plan.factor = factor;
    const auto outcome = simulate(plan, "levee");
    EXPECT_GE(outcome.kept_soon, 0.85) << factor;
    EXPECT_GE(outcome.goodput, 0.85) << factor;
    EXPECT_LT(outcome.late_during, 1.8 * outcome.late_before) << factor << ": of which 1.4 for a full core";
  }
}

// More stand at the door for a minute than it can answer, and a long line asks again and again after that.
TEST(Simulation, ShowsThatTheServerFillsAgainAfterItsDoorWasStuck) {
  auto plan = small();
  plan.factor = 100;
  plan.surge_seconds = 60;
  plan.horizon = 300;
  const auto outcome = simulate(plan, "levee");
  EXPECT_EQ(outcome.stalled_share, 0);
  EXPECT_GE(outcome.goodput, 0.6);
  double least = 1;
  for (const auto& sample : outcome.samples) {
    if (sample.at > 150) least = std::min(least, sample.load);
  }
  EXPECT_GT(least, 0.75) << "neither empty nor swinging";
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

TEST(Server, TakesLongerForEverythingTheMoreThereIsToDo) {
  Server server{Costs{.rise = 0.5}};
  Delivery part;
  part.count = 1e6;
  part.each = 0.001;
  part.bytes = 1;
  server.deliver(part);
  std::vector<double> served;  // in each second
  for (int step = 0; step < 1000; ++step) {
    const double before = server.bytes();
    const double at = step * 0.01;
    server.serve(
        at, at + 0.01, [](const Question&, double) {}, [](Delivery&, double) {});
    if (step % 100 == 0) served.push_back(0);
    served.back() += server.bytes() - before;
  }
  EXPECT_GT(served.front(), 750) << "it had nothing to do";
  EXPECT_NEAR(served.back(), 1000 / 1.5, 5);
  EXPECT_NEAR(server.used(), 1, 0.01);
}

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
