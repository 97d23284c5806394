#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <toml++/toml.h>

#include "levee/base/clock.hpp"

namespace levee {

/// What is wrong with a setting, as its author reads it: "levee.toml:12: rtmp.port must be 1..65535, is 0".
using Fault = std::string;

/// The settings that a program has: each dotted key with the variable it sets and what it accepts.
///
/// Built once over the variables; then given a file, the environment and the command line's settings, in this
/// order, each overriding the one before. Nothing stops at the first fault: all are collected. Lifetime: the
/// variables bound outlive the table.
class SettingsTable {
 public:
  /// Takes a value; returns what it expected instead, or nothing when it is right.
  using Take = std::function<std::string(const toml::node&)>;

  /// `whose` settings these are, as faults name it: "levee".
  explicit SettingsTable(std::string whose = "levee") : whose_{std::move(whose)} {}

  /// A setting of a kind of its own. `show` gives its value as text; without it `values()` leaves it out.
  void add(std::string key, Take take, std::function<std::string()> show = {});

  void boolean(std::string key, bool& variable);
  void text(std::string key, std::string& variable, std::size_t most_bytes = 1024);
  /// An array of at most `most` texts.
  void texts(std::string key, std::vector<std::string>& variable, std::size_t most);
  /// One of the words allowed. `set` and `get` go by its place among them.
  void choice(std::string key, std::vector<std::string> allowed, std::function<void(std::size_t)> set,
              std::function<std::size_t()> get = {});
  /// A number from `least` to `most`, with a fraction or without.
  void real(std::string key, double& variable, double least, double most);

  /// A whole number from `least` to `most`.
  template <class T>
  void number(std::string key, T& variable, std::int64_t least, std::int64_t most) {
    whole(
        std::move(key), least, most, [&variable](std::int64_t value) { variable = static_cast<T>(value); },
        [&variable] { return static_cast<std::int64_t>(variable); });
  }
  /// A time as a whole number of `Unit`; the key's name carries the unit ("grace_s", "part_ms").
  template <class Unit>
  void time(std::string key, Duration& variable, std::int64_t least, std::int64_t most) {
    whole(std::move(key), least, most, [&variable](std::int64_t value) { variable = Unit{value}; });
  }
  /// A whole number that `set` takes.
  void whole(std::string key, std::int64_t least, std::int64_t most, std::function<void(std::int64_t)> set,
             std::function<std::int64_t()> get = {});

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
  /// Every key that can show it with its value as the variable has it now.
  std::map<std::string, std::string> values() const;

 private:
  struct Setting {
    std::string key;
    Take take;
    std::function<std::string()> show;
  };

  Setting* find(std::string_view key);
  void apply(Setting& setting, const toml::node& node, std::string_view origin);
  void unknown(std::string_view key, std::string_view origin);

  std::string whose_;
  std::vector<Setting> settings_;
  std::vector<Fault> faults_;
};

}  // namespace levee
