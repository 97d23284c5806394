#include "levee/app/settings_table.hpp"

#include <algorithm>
#include <cctype>
#include <sstream>

#include <spdlog/fmt/fmt.h>

namespace levee::app {
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

}  // namespace

void SettingsTable::add(std::string key, std::string expected,
                        std::function<std::string(const toml::node&)> take) {
  settings_.push_back({std::move(key), std::move(expected), std::move(take)});
}

void SettingsTable::boolean(std::string key, bool& variable) {
  add(std::move(key), "must be true or false", [&variable](const toml::node& node) -> std::string {
    const auto value = node.value_exact<bool>();
    if (!value) return "must be true or false";
    variable = *value;
    return {};
  });
}

void SettingsTable::text(std::string key, std::string& variable, std::size_t most_bytes) {
  const auto expected = fmt::format("must be a text of at most {} bytes", most_bytes);
  add(std::move(key), expected, [&variable, most_bytes, expected](const toml::node& node) -> std::string {
    const auto value = node.value_exact<std::string>();
    if (!value || value->size() > most_bytes) return expected;
    variable = *value;
    return {};
  });
}

void SettingsTable::texts(std::string key, std::vector<std::string>& variable, std::size_t most) {
  const auto expected = fmt::format("must be an array of at most {} texts", most);
  add(std::move(key), expected, [&variable, most, expected](const toml::node& node) -> std::string {
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
                           std::function<void(std::size_t)> set) {
  const auto expected = "must be one of " + quoted_list(allowed);
  add(std::move(key), expected,
      [allowed = std::move(allowed), set = std::move(set), expected](const toml::node& node) -> std::string {
        const auto value = node.value_exact<std::string>();
        const auto place = value ? std::find(allowed.begin(), allowed.end(), *value) : allowed.end();
        if (place == allowed.end()) return expected;
        set(static_cast<std::size_t>(place - allowed.begin()));
        return {};
      });
}

void SettingsTable::whole(std::string key, std::int64_t least, std::int64_t most,
                          std::function<void(std::int64_t)> set) {
  const auto expected = fmt::format("must be {}..{}", least, most);
  add(std::move(key), expected,
      [least, most, set = std::move(set), expected](const toml::node& node) -> std::string {
        const auto value = node.value_exact<std::int64_t>();
        if (!value || *value < least || *value > most) return expected;
        set(*value);
        return {};
      });
}

void SettingsTable::list(std::string key, std::function<void()> clear,
                         std::function<std::string(const toml::table&)> entry) {
  add(std::move(key), "must be an array of tables",
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
      std::find_if(settings_.begin(), settings_.end(), [&](const Setting& s) { return s.key == key; });
  return place == settings_.end() ? nullptr : &*place;
}

void SettingsTable::apply(Setting& setting, const toml::node& node, const std::string& origin) {
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
      faults_.push_back(fmt::format("{}: {} is no setting of levee", origin, key));
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
  if (setting == nullptr) {
    faults_.push_back(fmt::format("{}: {} is no setting of levee", origin, key));
    return;
  }
  const toml::value<std::string> text{std::string{value}};
  if (setting->take(text).empty()) return;
  try {
    const auto parsed = toml::parse(fmt::format("value = {}", value));
    if (const auto* node = parsed.get("value"); node != nullptr && parsed.size() == 1) {
      apply(*setting, *node, std::string{origin});
      return;
    }
  } catch (const toml::parse_error&) {
    // Not a TOML value either: said below.
  }
  apply(*setting, text, std::string{origin});
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

}  // namespace levee::app
