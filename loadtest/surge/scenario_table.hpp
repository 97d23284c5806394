#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <toml++/toml.h>

#include "surge/scenario.hpp"

namespace levee::surge {

/// What is wrong with a setting, as its author reads it:
/// "surge_ll.toml:12: newcomers.within must be a time from 0s to 3600s such as \"10s\", is 5".
using Fault = std::string;

/// The settings of a scenario: each dotted key with the variable it sets, what it accepts and how it is
/// shown.
///
/// Given a file and then what the command line sets; later ones override earlier ones. Nothing stops at the
/// first fault: all are collected. Lifetime: the scenario outlives the table.
class ScenarioTable {
 public:
  explicit ScenarioTable(Scenario& scenario);

  /// Sets everything in a TOML text. `file` is how faults name it.
  void read_toml(std::string_view text, std::string_view file);
  /// Sets `key` from a text, as TOML or as a string without quotes. `origin` is how faults name where it came
  /// from.
  void set(std::string_view key, std::string_view value, std::string_view origin);

  const std::vector<Fault>& faults() const { return faults_; }
  /// Every key with its value as the scenario has it now.
  std::map<std::string, std::string> values() const;

 private:
  struct Setting {
    std::string key;
    /// Takes the value; returns what it expected instead, or nothing when it is right.
    std::function<std::string(const toml::node&)> take;
    std::function<std::string()> show;
  };

  void boolean(std::string key, bool& variable);
  void text(std::string key, std::string& variable);
  void texts(std::string key, std::vector<std::string>& variable);
  void time(std::string key, Duration& variable, Duration least, Duration most);
  void real(std::string key, double& variable, double least, double most);
  template <class T>
  void whole(std::string key, T& variable, std::int64_t least, std::int64_t most);
  void profile(Profile& variable);

  void bind_run(Scenario& scenario);
  void bind_viewers(Scenario& scenario);
  void bind_player(PlayerSettings& player);
  void bind_others(Scenario& scenario);

  void read_table(const toml::table& table, std::string_view file, const std::string& prefix);
  void unknown(std::string_view key, std::string_view origin);
  void apply(Setting& setting, const toml::node& node, std::string_view origin);
  Setting* find(std::string_view key);

  std::vector<Setting> settings_;
  std::vector<Fault> faults_;
};

}  // namespace levee::surge
