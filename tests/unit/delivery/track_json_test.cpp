#include "delivery/track_json.hpp"

#include <chrono>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace levee::delivery {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

realtime::DeviceTrail device(std::size_t points) {
  realtime::DeviceTrail trail;
  trail.device = "v17";
  for (std::size_t i = 1; i <= points; ++i) {
    realtime::TrackPoint point{{1, i}, {}};
    point.fix.seq = i;
    point.fix.time_ms = static_cast<std::int64_t>(1000 * i);
    point.fix.place = {59.5, 18.0 + static_cast<double>(i)};
    point.fix.accuracy_m = 5;
    point.fix.speed_mps = 2;
    point.fix.next = 10s;
    trail.points.push_back(point);
  }
  trail.newest = trail.points.back();
  return trail;
}

TEST(TrackJson, SaysHowOldAndHowSureAPositionIs) {
  const auto group = json::parse(track_group_json({device(1)}, 6000));
  EXPECT_EQ(group["type"], "FeatureCollection");
  const auto& feature = group["features"][0];
  EXPECT_EQ(feature["id"], "v17");
  EXPECT_EQ(feature["geometry"], (json{{"type", "Point"}, {"coordinates", {19.0, 59.5}}}));
  EXPECT_EQ(feature["properties"]["age_ms"], 5000);
  EXPECT_EQ(feature["properties"]["state"], "live");
  EXPECT_EQ(feature["properties"]["radius_m"], 15);
  const auto later = json::parse(track_group_json({device(1)}, 60'000));
  EXPECT_EQ(later["features"][0]["properties"]["state"], "stale");
}

TEST(TrackJson, ATrailIsALineWithATimeForEachPlace) {
  const auto trail = json::parse(track_trail_json(device(3), 3000));
  EXPECT_EQ(trail["geometry"]["type"], "LineString");
  EXPECT_EQ(trail["geometry"]["coordinates"].size(), 3u);
  EXPECT_EQ(trail["properties"]["times"], (json{1000, 2000, 3000}));
  EXPECT_EQ(json::parse(track_trail_json(device(1), 1000))["geometry"]["type"], "Point");
}

TEST(TrackJson, AGroupNobodyReportsToIsEmpty) {
  EXPECT_TRUE(json::parse(track_group_json({}, 0))["features"].empty());
}

}  // namespace
}  // namespace levee::delivery
