#include "levee/base/metrics.hpp"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

namespace levee {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

void MetricsText::counter(std::string_view name, std::string_view help, std::uint64_t value, Labels labels) {
  sample(name, help, "counter", fmt::format("{}", value), labels);
}

void MetricsText::gauge(std::string_view name, std::string_view help, double value, Labels labels) {
  sample(name, help, "gauge", fmt::format("{}", value), labels);
}

void MetricsText::sample(std::string_view name, std::string_view help, std::string_view type,
                         std::string_view value, Labels labels) {
  auto family =
      std::find_if(families_.begin(), families_.end(), [&](const Family& f) { return f.name == name; });
  if (family == families_.end()) {
    families_.push_back(
        {std::string{name}, fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name, help, type), {}});
    family = std::prev(families_.end());
  }
  std::string label_text;
  for (const auto& [key, label] : labels) {
    label_text += fmt::format("{}{}=\"{}\"", label_text.empty() ? "{" : ",", key, escaped(label));
  }
  if (!label_text.empty()) label_text += '}';
  family->samples += fmt::format("{}{} {}\n", name, label_text, value);
}

std::string MetricsText::text() const {
  std::string out;
  for (const auto& family : families_) out += family.head + family.samples;
  return out;
}

}  // namespace levee
