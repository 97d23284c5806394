#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "levee/base/clock.hpp"

namespace levee::surge {

/// What one source said and when, by its numbers, which grow by one: the truth that others are compared with.
/// Limits: the last kKept; what is older counts as never said.
class SaidRing {
 public:
  static constexpr std::size_t kKept = 1 << 16;

  struct Said {
    std::uint64_t number = 0;
    std::size_t key = 0;
    TimePoint at{};                           ///< when it came into being
    TimePoint sent{};                         ///< when it was sent
    TimePoint taken = TimePoint::max();       ///< when the server had said that it has it; max: not yet
    std::uint64_t previous = 0;               ///< the number of its key before it
    TimePoint superseded = TimePoint::max();  ///< when the server had a newer one of its key
    bool past = false;                        ///< it was sent after a newer one
  };

  /// The next number; the caller fills in the rest.
  Said& add() {
    if (said_.size() < kKept) said_.emplace_back();
    auto& place = said_[place_of(++last_)];
    place = {};
    place.number = last_;
    return place;
  }
  std::uint64_t last() const { return last_; }
  /// Null: never said, or too long ago.
  Said* find(std::uint64_t number) { return is_kept(number) ? &said_[place_of(number)] : nullptr; }
  const Said* find(std::uint64_t number) const {
    return is_kept(number) ? &said_[place_of(number)] : nullptr;
  }

 private:
  bool is_kept(std::uint64_t number) const {
    return number > 0 && number <= last_ && last_ - number < said_.size();
  }
  static std::size_t place_of(std::uint64_t number) { return static_cast<std::size_t>(number - 1) % kKept; }

  std::vector<Said> said_;
  std::uint64_t last_ = 0;
};

}  // namespace levee::surge
