#pragma once

#include <span>
#include <string_view>

#include "levee/base/metrics.hpp"

#include "delivery/http_counters.hpp"

namespace levee::delivery {

/// Writes the sums over all shards of one listener ("public" or "admin").
void write_http_metrics(MetricsText& out, std::string_view listener,
                        std::span<const HttpCounters* const> shards, std::size_t connections);

}  // namespace levee::delivery
