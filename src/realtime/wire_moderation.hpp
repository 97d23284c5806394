#pragma once

#include <optional>

#include <nlohmann/json.hpp>

#include "levee/realtime/wire.hpp"

namespace levee::realtime {

/// What a moderator does, from a request or from a message's body; `name` is the field that says which.
/// Nothing when it is not that, or out of its bounds.
std::optional<Moderation> moderation_of(const nlohmann::json& json, const char* name);

}  // namespace levee::realtime
