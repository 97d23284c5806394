#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "surge/time_series.hpp"

namespace levee::surge {

/// Where one kind of realtime clients writes what the plots show. Lifetime: `series` outlives it.
class RealtimeTimeline {
 public:
  /// `group`: "chat", "feed" or "track". `start`: of the run; zero of its time axis.
  RealtimeTimeline(std::string_view group, TimeSeries& series, TimePoint start)
      : start_{start},
        connected_{series.sum(std::string{group} + ".connected")},
        wrong_{series.sum(std::string{group} + ".wrong")},
        delivery_{series.times(std::string{group} + ".delivery")} {}

  void delivered(Duration time, TimePoint now) { delivery_.record(now - start_, time); }
  /// How many are connected now, and how much that should not be was found so far.
  void standing(std::size_t connected, std::uint64_t wrong, TimePoint now) {
    connected_.set(now - start_, static_cast<double>(connected));
    wrong_.add(now - start_, static_cast<double>(wrong - std::exchange(wrong_told_, wrong)));
  }

 private:
  TimePoint start_;
  ValueSeries& connected_;
  ValueSeries& wrong_;
  TimesSeries& delivery_;
  std::uint64_t wrong_told_ = 0;
};

}  // namespace levee::surge
