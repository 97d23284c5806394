#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <utility>

#include "levee/base/clock.hpp"

namespace levee::simulation {

/// Virtual time: what happens next, in order of time and, at the same time, of asking.
class Events {
 public:
  TimePoint now() const { return now_; }
  std::int64_t wall_ms() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(now_.time_since_epoch()).count();
  }

  void after(Duration delay, std::function<void()> event) {
    waiting_.emplace(std::pair{now_ + delay, ++asked_}, std::move(event));
  }

  /// Runs the next event, if it comes before `end`.
  bool step(TimePoint end) {
    if (waiting_.empty() || waiting_.begin()->first.first >= end) {
      now_ = end;
      return false;
    }
    auto next = waiting_.extract(waiting_.begin());
    now_ = next.key().first;
    next.mapped()();
    return true;
  }

 private:
  TimePoint now_{std::chrono::seconds{1000}};
  std::uint64_t asked_ = 0;
  std::map<std::pair<TimePoint, std::uint64_t>, std::function<void()>> waiting_;
};

/// Chance, the same for the same seed on every machine.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : random_{seed} {}

  /// From `least` to `most`.
  std::int64_t between(std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(most - least + 1));
  }
  Duration ms(std::int64_t least, std::int64_t most) {
    return std::chrono::milliseconds{between(least, most)};
  }
  bool one_in(std::int64_t times) { return between(1, times) == 1; }

 private:
  std::mt19937_64 random_;
};

}  // namespace levee::simulation
