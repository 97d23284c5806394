#include "surge/prometheus.hpp"

#include <algorithm>
#include <charconv>

namespace levee::surge {
namespace {

// Calls `each` with the value of every line that is of the metric `name`.
template <class Each>
void each_value(std::string_view text, std::string_view name, Each each) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (!line.starts_with(name) || line.size() <= name.size()) continue;
    auto rest = line.substr(name.size());
    if (rest.front() == '{') {
      const auto brace = rest.rfind('}');
      if (brace == std::string_view::npos) continue;
      rest.remove_prefix(brace + 1);
    }
    if (!rest.starts_with(' ')) continue;  // a longer name
    rest.remove_prefix(rest.find_first_not_of(' '));
    double value = 0;
    const auto [at, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    if (error == std::errc{}) each(value);
  }
}

}  // namespace

std::optional<double> metric_sum(std::string_view text, std::string_view name) {
  std::optional<double> sum;
  each_value(text, name, [&](double value) { sum = sum.value_or(0) + value; });
  return sum;
}

std::optional<double> metric_max(std::string_view text, std::string_view name) {
  std::optional<double> most;
  each_value(text, name, [&](double value) { most = std::max(most.value_or(value), value); });
  return most;
}

}  // namespace levee::surge
