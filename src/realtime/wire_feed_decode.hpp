#pragma once

#include <optional>

#include <nlohmann/json.hpp>

#include "levee/realtime/wire_feed.hpp"

namespace levee::realtime {

// The requests of wire_feed.hpp; nothing when a field is missing, of a wrong type or out of its bounds.
std::optional<OpenSource> open_source_of(const nlohmann::json& json);
std::optional<PublishItems> items_of(const nlohmann::json& json);
std::optional<SourceState> source_state_of(const nlohmann::json& json, bool synced);
std::optional<Act> act_of(const nlohmann::json& json);
std::optional<ReportFixes> fixes_of(const nlohmann::json& json);

}  // namespace levee::realtime
