#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "levee/base/clock.hpp"

namespace levee::admission {

/// How many newcomers are expected to get in during the next minutes: what those who wait are told from.
///
/// A rate would not do: while a server fills up, the rate of today is not that of ten seconds later.
class Forecast {
 public:
  /// `room` newcomers get in soon, ever more slowly (after `settling` 63% of them are in), beside `sustained`
  /// a second. Nobody gets in before `closed` is over.
  Forecast(double room, Duration settling, double sustained, Duration closed = {});

  /// When `count` newcomers are expected to be in. Nothing: later than in ten minutes, or nobody can tell.
  std::optional<Duration> until(double count) const;

  /// No more than so many a second, from now on.
  void bound(double per_second);

  /// Newcomers a second, over the next half minute.
  double mean_rate() const;

  bool operator==(const Forecast&) const = default;

 private:
  static constexpr std::size_t kPoints = 11;  // after 0, 1, 2, 4, ... 512 seconds
  std::array<double, kPoints> counts_{};
  Duration closed_;
};

}  // namespace levee::admission
