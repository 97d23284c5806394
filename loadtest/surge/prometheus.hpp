#pragma once

#include <optional>
#include <string_view>

namespace levee::surge {

/// The sum over all labels of a metric in a text of Prometheus' format; nothing where it is missing.
/// Source: Prometheus text exposition format 0.0.4.
std::optional<double> metric_sum(std::string_view text, std::string_view name);

/// The greatest over all labels.
std::optional<double> metric_max(std::string_view text, std::string_view name);

}  // namespace levee::surge
