#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "levee/realtime/track_trail.hpp"

namespace levee::delivery {

/// The devices of a group where they were last: a GeoJSON FeatureCollection of points, with the age of each
/// fix, what that means by its promise, and how far off the device may be by now. `wall_ms` is Unix time.
/// Source: RFC 7946.
std::string track_group_json(const std::vector<realtime::DeviceTrail>& devices, std::int64_t wall_ms);

/// Where one device was: a GeoJSON Feature with a LineString (a Point when there is one place alone), and the
/// times of its places.
std::string track_trail_json(const realtime::DeviceTrail& device, std::int64_t wall_ms);

}  // namespace levee::delivery
