#include "delivery/track_json.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include <nlohmann/json.hpp>

namespace levee::delivery {
namespace {

using Json = nlohmann::ordered_json;

/// GeoJSON puts longitude first.
Json position(const realtime::Place& place) { return {place.longitude, place.latitude}; }

Json properties(const realtime::DeviceTrail& device, std::int64_t wall_ms) {
  const auto& fix = device.newest.fix;
  const std::chrono::milliseconds age{std::max<std::int64_t>(wall_ms - fix.time_ms, 0)};
  Json all{{"device", device.device},
           {"time_ms", fix.time_ms},
           {"age_ms", age.count()},
           {"promise_ms", fix.next.count()},
           {"state", realtime::to_string(realtime::fix_state(age, fix.next))},
           {"radius_m", std::round(realtime::uncertainty_m(fix, age))},
           {"accuracy_m", fix.accuracy_m},
           {"speed_mps", fix.speed_mps},
           {"motion", realtime::to_string(fix.motion)},
           {"source", realtime::to_string(fix.source)}};
  if (fix.heading_deg) all["heading_deg"] = *fix.heading_deg;
  if (fix.battery_percent) all["battery_percent"] = *fix.battery_percent;
  return all;
}

}  // namespace

std::string track_group_json(const std::vector<realtime::DeviceTrail>& devices, std::int64_t wall_ms) {
  Json features = Json::array();
  for (const auto& device : devices) {
    features.push_back({{"type", "Feature"},
                        {"id", device.device},
                        {"geometry", {{"type", "Point"}, {"coordinates", position(device.newest.fix.place)}}},
                        {"properties", properties(device, wall_ms)}});
  }
  return Json{{"type", "FeatureCollection"}, {"features", std::move(features)}}.dump(2) + "\n";
}

std::string track_trail_json(const realtime::DeviceTrail& device, std::int64_t wall_ms) {
  Json places = Json::array();
  Json times = Json::array();
  for (const auto& point : device.points) {
    places.push_back(position(point.fix.place));
    times.push_back(point.fix.time_ms);
  }
  const bool is_line = places.size() > 1;  // a line has two places at least
  Json geometry{{"type", is_line ? "LineString" : "Point"}};
  geometry["coordinates"] = is_line ? std::move(places) : position(device.newest.fix.place);
  auto all = properties(device, wall_ms);
  all["times"] = std::move(times);
  return Json{{"type", "Feature"},
              {"id", device.device},
              {"geometry", std::move(geometry)},
              {"properties", std::move(all)}}
             .dump(2) +
         "\n";
}

}  // namespace levee::delivery
