#include "surge/threshold.hpp"

#include <algorithm>
#include <stdexcept>

#include <spdlog/fmt/fmt.h>

namespace levee::surge {
namespace {

constexpr std::string_view kGrammar = "it reads METRIC OP BOUND, as in 'newcomers.startup.p99 < 3s'";

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

const char* Threshold::sign_of(Comparison comparison) {
  switch (comparison) {
    case Comparison::equal:
      return "==";
    case Comparison::not_equal:
      return "!=";
    case Comparison::less:
      return "<";
    case Comparison::at_most:
      return "<=";
    case Comparison::greater:
      return ">";
    case Comparison::at_least:
      return ">=";
  }
  return "";
}

std::optional<Threshold::Comparison> Threshold::comparison_of(std::string_view sign) {
  for (const auto one : {Comparison::equal, Comparison::not_equal, Comparison::less, Comparison::at_most,
                         Comparison::greater, Comparison::at_least}) {
    if (sign == sign_of(one)) return one;
  }
  return std::nullopt;
}

std::optional<Threshold::Bound> Threshold::parse_bound(std::string_view text, const Metric& metric,
                                                       std::string& fault) {
  Bound bound;
  bound.text = text;
  if (const auto factor_end = text.find("x "); factor_end != std::string_view::npos) {
    const auto factor = read_quantity(text.substr(0, factor_end), Unit::count);
    const auto word = trimmed(text.substr(factor_end + 1));
    const auto phase = std::find(kPhaseNames.begin(), kPhaseNames.end(), word);
    if (factor && phase != kPhaseNames.end()) {
      bound.number = *factor;
      bound.of = metric.during(static_cast<Phase>(phase - kPhaseNames.begin()));
      if (bound.of) return bound;
      fault = fmt::format("'{}': only what is measured of a cohort has phases", text);
      return std::nullopt;
    }
  }
  const auto number = read_quantity(text, metric.unit());
  if (!number) {
    fault = fmt::format(
        "'{}' is no bound: this metric takes {}, or a factor of another phase such as "
        "'1.5x before'",
        text, example_of(metric.unit()));
    return std::nullopt;
  }
  bound.number = *number;
  return bound;
}

std::optional<Threshold> Threshold::parse(std::string_view text, std::string& fault) {
  const auto told = [&](std::string_view what) {
    fault = fmt::format("threshold '{}': {}", text, what);
    return std::nullopt;
  };
  const auto sign_begin = text.find_first_of("=<>!");
  if (sign_begin == std::string_view::npos) return told(kGrammar);
  const auto sign_end = text.find_first_not_of("=<>!", sign_begin);
  const auto sign = text.substr(sign_begin, sign_end - sign_begin);
  const auto comparison = comparison_of(sign);
  if (!comparison) return told(fmt::format("'{}' is none of == != < <= > >=", sign));
  if (sign_end == std::string_view::npos) return told(kGrammar);

  std::string what;
  auto metric = Metric::parse(trimmed(text.substr(0, sign_begin)), what);
  if (!metric) return told(what);
  Threshold threshold{text, std::move(*metric)};
  threshold.comparison_ = *comparison;
  constexpr std::string_view kOr = " or ";
  for (auto rest = text.substr(sign_end);;) {
    const auto end = rest.find(kOr);
    auto bound = parse_bound(trimmed(rest.substr(0, end)), threshold.metric_, what);
    if (!bound) return told(what);
    threshold.bounds_.push_back(std::move(*bound));
    if (end == std::string_view::npos) return threshold;
    rest.remove_prefix(end + kOr.size());
  }
}

bool Threshold::holds(double value, double bound) const {
  switch (comparison_) {
    case Comparison::equal:
      return value == bound;
    case Comparison::not_equal:
      return value != bound;
    case Comparison::less:
      return value < bound;
    case Comparison::at_most:
      return value <= bound;
    case Comparison::greater:
      return value > bound;
    case Comparison::at_least:
      return value >= bound;
  }
  return false;
}

ThresholdOutcome Threshold::judge(const RunReport& report) const {
  ThresholdOutcome outcome;
  outcome.text = text_;
  const auto value = metric_.in(report);
  outcome.value = value.measured ? write_quantity(value.number, metric_.unit()) : "nothing was measured";
  if (!value.measured) outcome.held = value.good_when_absent;
  for (const auto& bound : bounds_) {
    if (!outcome.bound.empty()) outcome.bound += " or ";
    outcome.bound += fmt::format("{} ", sign_of(comparison_));
    if (!bound.of) {
      outcome.bound += write_quantity(bound.number, metric_.unit());
      if (value.measured && holds(value.number, bound.number)) outcome.held = true;
      continue;
    }
    const auto other = bound.of->in(report);
    if (!other.measured) {
      outcome.bound += fmt::format("{} (nothing was measured then)", bound.text);
      continue;
    }
    const double limit = bound.number * other.number;
    outcome.bound += fmt::format("{} = {}", bound.text, write_quantity(limit, metric_.unit()));
    if (value.measured && holds(value.number, limit)) outcome.held = true;
  }
  return outcome;
}

void judge(RunReport& report, const std::vector<std::string>& thresholds) {
  report.thresholds.clear();
  for (const auto& text : thresholds) {
    std::string fault;
    const auto threshold = Threshold::parse(text, fault);
    if (!threshold) throw std::invalid_argument{fault};
    report.thresholds.push_back(threshold->judge(report));
  }
}

}  // namespace levee::surge
