#include "levee/admission/forecast.hpp"

#include <gtest/gtest.h>

namespace levee::admission {
namespace {

using namespace std::chrono_literals;

double seconds(const std::optional<Duration>& duration) {
  return duration ? std::chrono::duration<double>(*duration).count() : -1;
}

TEST(Forecast, OfASteadyRateIsALine) {
  const Forecast forecast{0, 1s, 10};
  EXPECT_NEAR(seconds(forecast.until(5)), 0.5, 0.01);
  EXPECT_NEAR(seconds(forecast.until(1000)), 100, 0.01);
}

TEST(Forecast, OfAFillingServerGetsSlower) {
  const Forecast forecast{1000, 4s, 0};
  EXPECT_NEAR(seconds(forecast.until(221)), 1, 0.1);
  EXPECT_NEAR(seconds(forecast.until(632)), 4, 0.1);
  EXPECT_GT(seconds(forecast.until(990)), 12);
}

TEST(Forecast, SaysNothingWhenItCannotTell) {
  EXPECT_FALSE(Forecast(1000, 4s, 0).until(1001));
  EXPECT_FALSE(Forecast(0, 1s, 0).until(1));
  EXPECT_FALSE(Forecast(0, 1s, 1).until(1000)) << "later than in ten minutes";
}

TEST(Forecast, BeginsWhenTheGateOpens) { EXPECT_NEAR(seconds(Forecast(0, 1s, 10, 3s).until(20)), 5, 0.01); }

}  // namespace
}  // namespace levee::admission
