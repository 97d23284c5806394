#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <toml++/toml.h>

#include "levee/base/clock.hpp"

namespace levee::app {

/// What is wrong with a setting, as its author reads it: "levee.toml:12: rtmp.port must be 1..65535, is 0".
using Fault = std::string;

/// The settings that exist: each dotted key with the variable it sets and what it accepts.
///
/// Built once over a Config; then given a file, the environment and `--set` arguments, in this order, each
/// overriding the one before. Nothing stops at the first fault: all are collected.
/// Lifetime: the variables bound outlive the table.
class SettingsTable {
 public:
  void boolean(std::string key, bool& variable);
  void text(std::string key, std::string& variable, std::size_t most_bytes = 1024);
  /// An array of at most `most` texts.
  void texts(std::string key, std::vector<std::string>& variable, std::size_t most);
  void choice(std::string key, std::vector<std::string> allowed, std::function<void(std::size_t)> set);

  /// A whole number from `least` to `most`.
  template <class T>
  void number(std::string key, T& variable, std::int64_t least, std::int64_t most) {
    whole(std::move(key), least, most, [&variable](std::int64_t value) { variable = static_cast<T>(value); });
  }
  /// A time as a whole number of `Unit`; the key's name carries the unit ("grace_s", "part_ms").
  template <class Unit>
  void time(std::string key, Duration& variable, std::int64_t least, std::int64_t most) {
    whole(std::move(key), least, most, [&variable](std::int64_t value) { variable = Unit{value}; });
  }
  /// A whole number that `set` takes.
  void whole(std::string key, std::int64_t least, std::int64_t most, std::function<void(std::int64_t)> set);

  /// An array of tables; each is read through `entry`, which returns what is wrong with it, or nothing.
  /// The array replaces the default as a whole.
  void list(std::string key, std::function<void()> clear,
            std::function<std::string(const toml::table&)> entry);

  /// Sets everything in a TOML text. `file` is how faults name it.
  void read_toml(std::string_view text, std::string_view file);
  /// Sets everything in a table that was read already. `prefix` goes before its keys ("" or "section.").
  void read_table(const toml::table& table, std::string_view file, const std::string& prefix = {});
  /// Sets `key` from a text: a number, true or false, or a string without quotes; lists as TOML arrays.
  /// `origin` is how faults name where it came from: "--set", "LEVEE_RTMP_PORT".
  void set(std::string_view key, std::string_view value, std::string_view origin);
  /// Sets from variables named LEVEE_SECTION_KEY. Others that begin with LEVEE_ are left alone: container
  /// platforms make up such names for services.
  void read_environment(const char* const* environment);

  const std::vector<Fault>& faults() const { return faults_; }
  /// Every key, sorted: for tests and --help.
  std::vector<std::string> keys() const;

 private:
  struct Setting {
    std::string key;
    std::string expected;  ///< "must be 1..65535"
    /// Takes the value; returns what it expected instead, or nothing when it is right.
    std::function<std::string(const toml::node&)> take;
  };

  void add(std::string key, std::string expected, std::function<std::string(const toml::node&)> take);
  Setting* find(std::string_view key);
  void apply(Setting& setting, const toml::node& node, const std::string& origin);

  std::vector<Setting> settings_;
  std::vector<Fault> faults_;
};

}  // namespace levee::app
