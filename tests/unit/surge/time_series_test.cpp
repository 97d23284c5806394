#include "surge/time_series.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace levee::surge {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::Optional;

TEST(TimeSeries, PutsEachValueIntoTheBinOfItsTime) {
  TimeSeries series{250ms};
  auto& errors = series.sum("newcomers.errors");
  errors.add(0ms);
  errors.add(249ms, 2);
  errors.add(500ms);
  EXPECT_THAT(errors.values(), ElementsAre(Optional(3.0), std::nullopt, Optional(1.0)));
}

TEST(TimeSeries, KeepsTheLastOfSeveralValuesThatAreSet) {
  TimeSeries series;
  series.max("server.cpu").set(100ms, 0.5);
  series.max("server.cpu").set(900ms, 0.25);
  EXPECT_THAT(series.max("server.cpu").values(), ElementsAre(Optional(0.25)));
}

TEST(TimeSeries, IgnoresWhatIsOutsideTheAxis) {
  TimeSeries series;
  series.sum("a").add(-1s);
  series.sum("a").add(1000h);
  series.times("b").record(-1s, 1ms);
  EXPECT_TRUE(series.sum("a").values().empty());
  EXPECT_TRUE(series.times("b").bins().empty());
}

TEST(TimeSeries, MergesSumsByAddingAndOthersByTheGreatest) {
  TimeSeries one, other;
  one.sum("playing").set(0s, 3);
  other.sum("playing").set(0s, 4);
  other.sum("playing").set(1s, 5);
  one.max("cpu").set(0s, 0.9);
  other.max("cpu").set(0s, 0.4);
  one.times("fetch").record(0s, 1ms);
  other.times("fetch").record(0s, 3ms);
  one.merge(other);
  EXPECT_THAT(one.sum("playing").values(), ElementsAre(Optional(7.0), Optional(5.0)));
  EXPECT_THAT(one.max("cpu").values(), ElementsAre(Optional(0.9)));
  EXPECT_EQ(one.times("fetch").bins().at(0).count(), 2u);
  EXPECT_EQ(one.times("fetch").bins().at(0).max(), 3ms);
}

TEST(TimeSeries, RefusesToMergeAnAxisOfOtherBins) {
  TimeSeries one{1s};
  EXPECT_THROW(one.merge(TimeSeries{2s}), std::runtime_error);
}

TEST(TimeSeries, ReturnsFromJsonAsItWas) {
  TimeSeries series{500ms};
  series.sum("incumbents.playing").set(1s, 12.5);
  series.max("server.cpu").set(0s, 0);
  series.times("incumbents.latency").record(2s, 1400ms);
  EXPECT_EQ(TimeSeries::from_json(nlohmann::json::parse(series.to_json().dump())), series);
}

}  // namespace
}  // namespace levee::surge
