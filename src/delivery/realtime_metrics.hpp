#pragma once

#include <span>
#include <vector>

#include "levee/base/metrics.hpp"
#include "levee/realtime/hub.hpp"

#include "delivery/realtime_connection.hpp"

namespace levee::delivery {

void write_metrics(MetricsText& out, const RealtimeCounters& counters);
/// The sums over all shards' hubs.
void write_metrics(MetricsText& out, std::span<const realtime::Hub* const> hubs);

}  // namespace levee::delivery
