#pragma once

#include <string_view>

#include "levee/base/clock.hpp"
#include "levee/delivery/response.hpp"
#include "levee/realtime/bus.hpp"

namespace levee::delivery {

/// Asks the bus for the devices of a group, or (`device` not empty) for the trail of one, and answers with
/// GeoJSON: 404 when nothing is known of the device or a name is none, 503 when the bus can't be asked.
/// Lifetime: `bus` and `geojson` outlive every connection.
Answer answer_tracks(realtime::Bus& bus, const Head& geojson, std::string_view group, std::string_view device,
                     WallTime now);

}  // namespace levee::delivery
