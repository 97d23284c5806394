#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "surge/scenario_table.hpp"

namespace levee::surge {

/// A scenario's text with what faults call it.
struct ScenarioText {
  std::string name;  ///< "surge_ll"
  std::string file;  ///< "surge_ll.toml"
  std::string text;
};
/// The scenario `name`: a file's path, or the name of one that is embedded
/// (loadtest/scenarios/NAME.toml). Nothing when there is neither.
std::optional<ScenarioText> find_scenario(const std::string& name);

/// What `levee-surge scenarios` prints: each with its description.
std::string scenario_list();

/// What no single key can tell is wrong; empty: nothing. Also reads the thresholds.
std::vector<Fault> check_together(const Scenario& scenario);

/// Whether `url` names this machine: a loopback address, or "localhost".
bool is_loopback(std::string_view url);

}  // namespace levee::surge
