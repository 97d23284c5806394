#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "levee/base/clock.hpp"

namespace levee::surge {

/// What a number counts. It decides the units that people write and read it in.
enum class Unit {
  count,     ///< 12
  fraction,  ///< 0..1; also written "0.5%"
  time,      ///< seconds; written with us, ms, s or min
  rate,      ///< bits a second; written with kb/s, Mb/s or Gb/s
};

/// How numbers of this unit are written, for messages: "a time such as 250ms or 3s".
std::string_view example_of(Unit unit);

/// Reads "250ms", "3 s", "0.5%", "12", "40Gb/s" as a number of `unit`; nothing when it is none. A zero needs
/// no unit; every other time and rate does.
std::optional<double> read_quantity(std::string_view text, Unit unit);

/// As a person reads it at a glance: three digits, the unit that fits: "4.53 ms", "12,000", "0.5 %", "27.1
/// Gb/s".
std::string write_quantity(double value, Unit unit);

/// A time read from "10s" or "250ms"; nothing when it is none, negative, or longer than a day.
std::optional<Duration> read_time(std::string_view text);
/// A time as `read_time` takes it: "10s", "250ms". Exact to the microsecond.
std::string write_time(Duration time);

}  // namespace levee::surge
