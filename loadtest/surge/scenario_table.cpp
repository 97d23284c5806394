#include "surge/scenario_table.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

#include <spdlog/fmt/fmt.h>

#include "surge/quantity.hpp"

namespace levee::surge {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::int64_t kMostViewers = 10'000'000;

std::string written(const toml::node& node) {
  std::ostringstream out;
  node.visit([&out](const auto& value) { out << value; });
  std::string text = out.str();
  constexpr std::size_t kShown = 60;
  if (text.size() > kShown) text = text.substr(0, kShown) + "...";
  return text;
}

std::string quoted_names() {
  std::string list;
  for (const auto name : kProfileNames) list += fmt::format("{}\"{}\"", list.empty() ? "" : ", ", name);
  return list;
}

/// How alike two keys are: the edits from one to the other.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t corner = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto changed = corner + (a[i - 1] == b[j - 1] ? 0 : 1);
      corner = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

void ScenarioTable::boolean(std::string key, bool& variable) {
  settings_.push_back({std::move(key),
                       [&variable](const toml::node& node) -> std::string {
                         const auto value = node.value_exact<bool>();
                         if (!value) return "must be true or false";
                         variable = *value;
                         return {};
                       },
                       [&variable] { return variable ? "true" : "false"; }});
}

void ScenarioTable::text(std::string key, std::string& variable) {
  settings_.push_back({std::move(key),
                       [&variable](const toml::node& node) -> std::string {
                         const auto value = node.value_exact<std::string>();
                         if (!value) return "must be a text";
                         variable = *value;
                         return {};
                       },
                       [&variable] { return variable; }});
}

void ScenarioTable::texts(std::string key, std::vector<std::string>& variable) {
  const auto take = [&variable](const toml::node& node) -> std::string {
    constexpr auto kExpected = "must be a text or a list of texts";
    std::vector<std::string> all;
    if (const auto one = node.value_exact<std::string>()) {
      all.push_back(*one);
    } else if (const auto* list = node.as_array()) {
      for (const auto& element : *list) {
        const auto text = element.value_exact<std::string>();
        if (!text) return kExpected;
        all.push_back(*text);
      }
    } else {
      return kExpected;
    }
    variable = std::move(all);
    return {};
  };
  settings_.push_back({std::move(key), take, [&variable] {
                         std::string shown;
                         for (const auto& one : variable) shown += (shown.empty() ? "" : "; ") + one;
                         return shown;
                       }});
}

void ScenarioTable::time(std::string key, Duration& variable, Duration least, Duration most) {
  const auto expected = fmt::format("must be a time from {} to {} such as \"10s\" or \"250ms\"",
                                    write_time(least), write_time(most));
  settings_.push_back({std::move(key),
                       [&variable, least, most, expected](const toml::node& node) -> std::string {
                         const auto value = node.value_exact<std::string>();
                         const auto time = value ? read_time(*value) : std::nullopt;
                         if (!time || *time < least || *time > most) return expected;
                         variable = *time;
                         return {};
                       },
                       [&variable] { return write_time(variable); }});
}

void ScenarioTable::real(std::string key, double& variable, double least, double most) {
  const auto expected = fmt::format("must be a number from {} to {}", least, most);
  settings_.push_back({std::move(key),
                       [&variable, least, most, expected](const toml::node& node) -> std::string {
                         const auto value = node.value<double>();
                         const bool number = node.is_number() && value && std::isfinite(*value);
                         if (!number || *value < least || *value > most) return expected;
                         variable = *value;
                         return {};
                       },
                       [&variable] { return fmt::format("{}", variable); }});
}

template <class T>
void ScenarioTable::whole(std::string key, T& variable, std::int64_t least, std::int64_t most) {
  const auto expected = fmt::format("must be a whole number from {} to {}", least, most);
  settings_.push_back({std::move(key),
                       [&variable, least, most, expected](const toml::node& node) -> std::string {
                         const auto value = node.value_exact<std::int64_t>();
                         if (!value || *value < least || *value > most) return expected;
                         variable = static_cast<T>(*value);
                         return {};
                       },
                       [&variable] { return fmt::format("{}", variable); }});
}

void ScenarioTable::profile(Profile& variable) {
  settings_.push_back(
      {"profile",
       [&variable](const toml::node& node) -> std::string {
         const auto value = node.value_exact<std::string>();
         const auto place =
             value ? std::find(kProfileNames.begin(), kProfileNames.end(), *value) : kProfileNames.end();
         if (place == kProfileNames.end()) return "must be one of " + quoted_names();
         variable = static_cast<Profile>(place - kProfileNames.begin());
         return {};
       },
       [&variable] { return std::string{kProfileNames[static_cast<std::size_t>(variable)]}; }});
}

ScenarioTable::ScenarioTable(Scenario& scenario) {
  bind_run(scenario);
  bind_viewers(scenario);
  bind_player(scenario.player);
  bind_others(scenario);
}

void ScenarioTable::bind_run(Scenario& scenario) {
  text("description", scenario.description);
  profile(scenario.profile);
  texts("target", scenario.targets);
  text("metrics_url", scenario.metrics_url);
  boolean("i_own_this_target", scenario.i_own_this_target);
  time("warm_up", scenario.warm_up, seconds{0}, hours{1});
  time("hold", scenario.hold, seconds{1}, hours{24});
  time("cool_down", scenario.cool_down, seconds{0}, hours{1});
  whole("seed", scenario.seed, 0, INT64_MAX);
  whole("agents", scenario.agents, 1, 1024);
  texts("thresholds", scenario.thresholds);
  text("output.json", scenario.outputs.json);
  text("output.html", scenario.outputs.html);
  boolean("output.progress", scenario.outputs.progress);
}

void ScenarioTable::bind_viewers(Scenario& scenario) {
  whole("incumbents.count", scenario.incumbents.count, 0, kMostViewers);
  time("incumbents.within", scenario.incumbents.within, seconds{0}, hours{1});
  auto& newcomers = scenario.newcomers;
  whole("newcomers.count", newcomers.count, 0, kMostViewers);
  time("newcomers.within", newcomers.within, seconds{0}, hours{24});
  whole("newcomers.steps", newcomers.steps, 1, 10'000);
  time("newcomers.step_hold", newcomers.step_hold, milliseconds{100}, hours{1});
  time("newcomers.leave_after", newcomers.leave_after, seconds{0}, hours{24});
  real("weak.share", scenario.weak.share, 0, 1);
  whole("weak.rate_bps", scenario.weak.link.rate_bps, 0, 100'000'000'000);
  time("weak.stutter_every", scenario.weak.link.stutter_every, seconds{0}, hours{1});
  time("weak.stutter_for", scenario.weak.link.stutter_for, seconds{0}, hours{1});
  whole("slow_readers.count", scenario.slow_readers.count, 0, kMostViewers);
  whole("slow_readers.rate_bps", scenario.slow_readers.rate_bps, 0, 100'000'000'000);
  real("flapping.share", scenario.flapping.share, 0, 1);
  time("flapping.up", scenario.flapping.up, milliseconds{10}, hours{1});
  time("flapping.down", scenario.flapping.down, milliseconds{10}, hours{1});
}

void ScenarioTable::bind_player(PlayerSettings& player) {
  boolean("player.low_latency", player.low_latency);
  time("player.start_buffer", player.start_buffer, seconds{0}, hours{1});
  time("player.buffer_goal", player.buffer_goal, milliseconds{100}, hours{1});
  text("player.start_rung", player.start_rung);
  boolean("player.adapt", player.adapt);
  time("player.request_timeout", player.request_timeout, milliseconds{100}, hours{1});
  whole("player.connections", player.connections, 1, 16);
}

void ScenarioTable::bind_others(Scenario& scenario) {
  auto& chat = scenario.chat;
  whole("chat.count", chat.count, 0, kMostViewers);
  text("chat.url", chat.url);
  text("chat.channel", chat.channel);
  real("chat.messages_per_second", chat.messages_per_second, 0, 1e6);
  auto& publisher = scenario.publisher;
  text("publisher.flv_file", publisher.flv_file);
  text("publisher.rtmp_url", publisher.rtmp_url);
  whole("publisher.blinks", publisher.blinks, 0, 10'000);
  time("publisher.blink_for", publisher.blink_for, milliseconds{10}, hours{1});
  time("publisher.blink_every", publisher.blink_every, milliseconds{100}, hours{1});
  boolean("publisher.abrupt", publisher.abrupt);
  auto& limit = scenario.limit;
  whole("limit.least", limit.least, 1, kMostViewers);
  whole("limit.most", limit.most, 1, kMostViewers);
  real("limit.precision", limit.precision, 0.001, 1);
  time("limit.settle", limit.settle, seconds{0}, hours{1});
  real("limit.arrivals_per_second", limit.arrivals_per_second, 0.1, 1e6);
  boolean("limit.steady", limit.steady);
  boolean("limit.surge", limit.surge);
}

ScenarioTable::Setting* ScenarioTable::find(std::string_view key) {
  const auto place =
      std::find_if(settings_.begin(), settings_.end(), [&](const Setting& one) { return one.key == key; });
  return place == settings_.end() ? nullptr : &*place;
}

void ScenarioTable::unknown(std::string_view key, std::string_view origin) {
  const auto nearest = std::min_element(
      settings_.begin(), settings_.end(),
      [key](const Setting& a, const Setting& b) { return distance(a.key, key) < distance(b.key, key); });
  constexpr std::size_t kAlike = 4;
  const auto hint = distance(nearest->key, key) <= kAlike ? fmt::format(" (did you mean {}?)", nearest->key)
                                                          : std::string{};
  faults_.push_back(fmt::format("{}: {} is no setting of a scenario{}", origin, key, hint));
}

void ScenarioTable::apply(Setting& setting, const toml::node& node, std::string_view origin) {
  const auto wrong = setting.take(node);
  if (!wrong.empty())
    faults_.push_back(fmt::format("{}: {} {}, is {}", origin, setting.key, wrong, written(node)));
}

void ScenarioTable::read_table(const toml::table& table, std::string_view file, const std::string& prefix) {
  for (const auto& [name, node] : table) {
    const auto key = prefix + std::string{name.str()};
    const auto origin = fmt::format("{}:{}", file, name.source().begin.line);
    if (auto* setting = find(key)) {
      apply(*setting, node, origin);
    } else if (const auto* inner = node.as_table()) {
      read_table(*inner, file, key + ".");
    } else {
      unknown(key, origin);
    }
  }
}

void ScenarioTable::read_toml(std::string_view text, std::string_view file) {
  try {
    read_table(toml::parse(text, file), file, {});
  } catch (const toml::parse_error& error) {
    faults_.push_back(
        fmt::format("{}:{}: not TOML: {}", file, error.source().begin.line, error.description()));
  }
}

void ScenarioTable::set(std::string_view key, std::string_view value, std::string_view origin) {
  auto* setting = find(key);
  if (setting == nullptr) return unknown(key, origin);
  const toml::value<std::string> text{std::string{value}};
  if (setting->take(text).empty()) return;
  try {
    const auto parsed = toml::parse(fmt::format("value = {}", value));
    if (const auto* node = parsed.get("value"); node != nullptr && parsed.size() == 1)
      return apply(*setting, *node, origin);
  } catch (const toml::parse_error&) {
    // Not a TOML value either: said below.
  }
  apply(*setting, text, origin);
}

std::map<std::string, std::string> ScenarioTable::values() const {
  std::map<std::string, std::string> all;
  for (const auto& setting : settings_) all[setting.key] = setting.show();
  return all;
}

}  // namespace levee::surge
