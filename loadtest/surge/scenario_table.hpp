#pragma once

#include <string>
#include <vector>

#include "levee/base/settings_table.hpp"

#include "surge/scenario.hpp"

namespace levee::surge {

/// The settings of a scenario: what a file and the command line may set, times with their unit ("10s").
///
/// Lifetime: the scenario outlives the table.
class ScenarioTable : public SettingsTable {
 public:
  explicit ScenarioTable(Scenario& scenario);

 private:
  /// A text or a list of texts.
  void texts(std::string key, std::vector<std::string>& variable);
  void time(std::string key, Duration& variable, Duration least, Duration most);
  void profile(Profile& variable);

  void bind_run(Scenario& scenario);
  void bind_viewers(Scenario& scenario);
  void bind_player(PlayerSettings& player);
  void bind_realtime(Scenario& scenario);
  void bind_others(Scenario& scenario);
};

}  // namespace levee::surge
