#include "surge/quantity.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include <spdlog/fmt/fmt.h>

namespace levee::surge {
namespace {

struct Suffix {
  std::string_view text;
  Unit unit;
  double factor;
};
constexpr std::array kSuffixes{
    Suffix{"us", Unit::time, 1e-6},  Suffix{"ms", Unit::time, 1e-3},    Suffix{"s", Unit::time, 1},
    Suffix{"min", Unit::time, 60},   Suffix{"%", Unit::fraction, 0.01}, Suffix{"kb/s", Unit::rate, 1e3},
    Suffix{"Mb/s", Unit::rate, 1e6}, Suffix{"Gb/s", Unit::rate, 1e9},
};

/// Three digits that matter, and no more noughts than needed.
std::string three_digits(double value) {
  const double size = std::abs(value);
  if (size >= 100 || value == 0) return fmt::format("{:.0f}", value);
  return size >= 10 ? fmt::format("{:.1f}", value) : fmt::format("{:.2f}", value);
}

std::string with_commas(double value) {
  auto digits = fmt::format("{:.0f}", value);
  const std::size_t first = digits.starts_with('-') ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

std::string write_seconds(double value) {
  const double size = std::abs(value);
  if (value == 0) return "0 s";
  if (size < 0.9995e-3) return three_digits(value * 1e6) + " us";
  if (size < 0.9995) return three_digits(value * 1e3) + " ms";
  if (size < 10'000) return three_digits(value) + " s";
  return with_commas(value) + " s";
}

std::string write_rate(double value) {
  if (value >= 0.9995e9) return three_digits(value / 1e9) + " Gb/s";
  if (value >= 0.9995e6) return three_digits(value / 1e6) + " Mb/s";
  return three_digits(value / 1e3) + " kb/s";
}

}  // namespace

std::string_view example_of(Unit unit) {
  switch (unit) {
    case Unit::count:
      return "a number such as 0 or 12";
    case Unit::fraction:
      return "a share such as 0, 0.01 or 1%";
    case Unit::time:
      return "a time such as 250ms or 3s";
    case Unit::rate:
      return "a rate such as 500Mb/s or 40Gb/s";
  }
  return "a number";
}

std::optional<double> read_quantity(std::string_view text, Unit unit) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || !std::isfinite(number)) return std::nullopt;
  auto rest = text.substr(static_cast<std::size_t>(end - text.data()));
  while (rest.starts_with(' ')) rest.remove_prefix(1);
  if (rest.empty()) {
    const bool needs_unit = (unit == Unit::time || unit == Unit::rate) && number != 0;
    return needs_unit ? std::nullopt : std::optional{number};
  }
  for (const auto& suffix : kSuffixes) {
    if (suffix.text == rest && suffix.unit == unit) return number * suffix.factor;
  }
  return std::nullopt;
}

std::string write_quantity(double value, Unit unit) {
  switch (unit) {
    case Unit::count:
      return value == std::floor(value) ? with_commas(value) : three_digits(value);
    case Unit::fraction:
      return three_digits(value * 100) + " %";
    case Unit::time:
      return write_seconds(value);
    case Unit::rate:
      return write_rate(value);
  }
  return {};
}

std::optional<Duration> read_time(std::string_view text) {
  constexpr double kDay = 86'400;
  const auto seconds = read_quantity(text, Unit::time);
  if (!seconds || *seconds < 0 || *seconds > kDay) return std::nullopt;
  return std::chrono::microseconds{std::llround(*seconds * 1e6)};
}

std::string write_time(Duration time) {
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
  if (micros % 1'000'000 == 0) return fmt::format("{}s", micros / 1'000'000);
  if (micros % 1000 == 0) return fmt::format("{}ms", micros / 1000);
  return fmt::format("{}us", micros);
}

}  // namespace levee::surge
