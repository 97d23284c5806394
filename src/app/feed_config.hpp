#pragma once

#include "levee/app/config.hpp"

namespace levee::app {

/// Binds the settings of feeds and tracks. Lifetime: `config` outlives the table.
void bind_feeds(SettingsTable& table, Config& config);

}  // namespace levee::app
