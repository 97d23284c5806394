#include "levee/base/settings_table.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <sstream>

#include <spdlog/fmt/fmt.h>

namespace levee {
namespace {

std::string written(const toml::node& node) {
  std::ostringstream out;
  node.visit([&out](const auto& value) { out << value; });
  std::string text = out.str();
  constexpr std::size_t kShown = 60;
  if (text.size() > kShown) text = text.substr(0, kShown) + "...";
  return text;
}

std::string quoted_list(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += fmt::format("{}\"{}\"", out.empty() ? "" : ", ", word);
  return out;
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

void SettingsTable::add(std::string key, Take take, std::function<std::string()> show) {
  settings_.push_back({std::move(key), std::move(take), std::move(show)});
}

void SettingsTable::boolean(std::string key, bool& variable) {
  add(
      std::move(key),
      [&variable](const toml::node& node) -> std::string {
        const auto value = node.value_exact<bool>();
        if (!value) return "must be true or false";
        variable = *value;
        return {};
      },
      [&variable] { return variable ? "true" : "false"; });
}

void SettingsTable::text(std::string key, std::string& variable, std::size_t most_bytes) {
  add(
      std::move(key),
      [&variable, most_bytes](const toml::node& node) -> std::string {
        const auto value = node.value_exact<std::string>();
        if (!value || value->size() > most_bytes)
          return fmt::format("must be a text of at most {} bytes", most_bytes);
        variable = *value;
        return {};
      },
      [&variable] { return variable; });
}

void SettingsTable::texts(std::string key, std::vector<std::string>& variable, std::size_t most) {
  const auto expected = fmt::format("must be an array of at most {} texts", most);
  add(std::move(key), [&variable, most, expected](const toml::node& node) -> std::string {
    const auto* array = node.as_array();
    if (array == nullptr || array->size() > most) return expected;
    std::vector<std::string> taken;
    for (const auto& element : *array) {
      const auto text = element.value_exact<std::string>();
      if (!text) return expected;
      taken.push_back(*text);
    }
    variable = std::move(taken);
    return {};
  });
}

void SettingsTable::choice(std::string key, std::vector<std::string> allowed,
                           std::function<void(std::size_t)> set, std::function<std::size_t()> get) {
  std::function<std::string()> show;
  if (get) show = [allowed, get = std::move(get)] { return allowed[get()]; };
  const auto expected = "must be one of " + quoted_list(allowed);
  add(
      std::move(key),
      [allowed = std::move(allowed), set = std::move(set), expected](const toml::node& node) -> std::string {
        const auto value = node.value_exact<std::string>();
        const auto place = value ? std::find(allowed.begin(), allowed.end(), *value) : allowed.end();
        if (place == allowed.end()) return expected;
        set(static_cast<std::size_t>(place - allowed.begin()));
        return {};
      },
      std::move(show));
}

void SettingsTable::real(std::string key, double& variable, double least, double most) {
  add(
      std::move(key),
      [&variable, least, most](const toml::node& node) -> std::string {
        const auto value = node.value<double>();
        const bool number = node.is_number() && value && std::isfinite(*value);
        if (!number || *value < least || *value > most)
          return fmt::format("must be a number from {} to {}", least, most);
        variable = *value;
        return {};
      },
      [&variable] { return fmt::format("{}", variable); });
}

void SettingsTable::whole(std::string key, std::int64_t least, std::int64_t most,
                          std::function<void(std::int64_t)> set, std::function<std::int64_t()> get) {
  std::function<std::string()> show;
  if (get) show = [get = std::move(get)] { return fmt::format("{}", get()); };
  add(
      std::move(key),
      [least, most, set = std::move(set)](const toml::node& node) -> std::string {
        const auto value = node.value_exact<std::int64_t>();
        if (!value || *value < least || *value > most) return fmt::format("must be {}..{}", least, most);
        set(*value);
        return {};
      },
      std::move(show));
}

void SettingsTable::list(std::string key, std::function<void()> clear,
                         std::function<std::string(const toml::table&)> entry) {
  add(std::move(key),
      [clear = std::move(clear), entry = std::move(entry)](const toml::node& node) -> std::string {
        const auto* array = node.as_array();
        if (array == nullptr) return "must be an array of tables";
        clear();
        for (const auto& element : *array) {
          const auto* table = element.as_table();
          if (table == nullptr) return "must be an array of tables";
          if (auto wrong = entry(*table); !wrong.empty()) return wrong;
        }
        return {};
      });
}

SettingsTable::Setting* SettingsTable::find(std::string_view key) {
  const auto place =
      std::find_if(settings_.begin(), settings_.end(), [&](const Setting& one) { return one.key == key; });
  return place == settings_.end() ? nullptr : &*place;
}

void SettingsTable::unknown(std::string_view key, std::string_view origin) {
  const auto nearest = std::min_element(
      settings_.begin(), settings_.end(),
      [key](const Setting& a, const Setting& b) { return distance(a.key, key) < distance(b.key, key); });
  constexpr std::size_t kAlike = 4;
  const bool alike = nearest != settings_.end() && distance(nearest->key, key) <= kAlike;
  const auto hint = alike ? fmt::format(" (did you mean {}?)", nearest->key) : std::string{};
  faults_.push_back(fmt::format("{}: {} is no setting of {}{}", origin, key, whose_, hint));
}

void SettingsTable::apply(Setting& setting, const toml::node& node, std::string_view origin) {
  const auto wrong = setting.take(node);
  if (!wrong.empty())
    faults_.push_back(fmt::format("{}: {} {}, is {}", origin, setting.key, wrong, written(node)));
}

void SettingsTable::read_table(const toml::table& table, std::string_view file, const std::string& prefix) {
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

void SettingsTable::read_toml(std::string_view text, std::string_view file) {
  try {
    read_table(toml::parse(text, file), file);
  } catch (const toml::parse_error& error) {
    faults_.push_back(
        fmt::format("{}:{}: not TOML: {}", file, error.source().begin.line, error.description()));
  }
}

void SettingsTable::set(std::string_view key, std::string_view value, std::string_view origin) {
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

void SettingsTable::read_environment(const char* const* environment) {
  for (; *environment != nullptr; ++environment) {
    const std::string_view line = *environment;
    const auto equals = line.find('=');
    if (!line.starts_with("LEVEE_") || equals == std::string_view::npos) continue;
    const auto name = line.substr(0, equals);
    for (const auto& known : keys()) {
      std::string variable = "LEVEE_" + known;
      for (auto& c : variable)
        c = c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      if (variable == name) set(known, line.substr(equals + 1), name);
    }
  }
}

std::vector<std::string> SettingsTable::keys() const {
  std::vector<std::string> keys;
  for (const auto& setting : settings_) keys.push_back(setting.key);
  std::sort(keys.begin(), keys.end());
  return keys;
}

std::map<std::string, std::string> SettingsTable::values() const {
  std::map<std::string, std::string> all;
  for (const auto& setting : settings_)
    if (setting.show) all[setting.key] = setting.show();
  return all;
}

}  // namespace levee
