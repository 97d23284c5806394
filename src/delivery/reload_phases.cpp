#include "levee/delivery/reload_phases.hpp"

#include <algorithm>

namespace levee::delivery {
namespace {

/// Target durations between two moves of one viewer.
constexpr int kRest = 8;
/// Viewers in a slot who are no burden to a server whether they come together or not.
constexpr std::uint32_t kFew = 64;
/// Crowds that differ by less than this part of them are alike.
constexpr std::uint32_t kAlike = 8;

}  // namespace

ReloadPhases::ReloadPhases(Duration target_duration)
    : target_{target_duration}, slot_{target_duration / kSlots} {}

std::uint32_t& ReloadPhases::expected_at(TimePoint time) {
  return expected_[static_cast<std::uint64_t>(time.time_since_epoch() / slot_) % expected_.size()];
}

void ReloadPhases::go_on_to(TimePoint now) {
  const auto slot = static_cast<std::uint64_t>(now.time_since_epoch() / slot_);
  // What lies behind becomes the far end of what lies ahead.
  const auto passed = std::min<std::uint64_t>(slot - current_, expected_.size());
  for (std::uint64_t i = 0; i < passed; ++i) expected_[(slot - 1 - i) % expected_.size()] = 0;
  current_ = slot;
}

/// Neither a start, nor what comes after nothing was new, nor a return from elsewhere: after those it is not
/// known what the player has seen.
bool ReloadPhases::is_regular(Duration since_last) const {
  return since_last >= target_ * 6 / 10 && since_last <= target_ * 21 / 20;
}

void ReloadPhases::nothing_new(Reloads& viewer, TimePoint now) {
  go_on_to(now);
  viewer.asked = now;
  ++expected_at(now + target_ / 2);
}

bool ReloadPhases::move(Reloads& viewer, bool movable, TimePoint now) {
  go_on_to(now);
  const Duration since_last = now - viewer.asked;
  viewer.asked = now;
  const bool regular = is_regular(since_last);
  std::uint32_t& staying = expected_at(now + (regular ? since_last : target_));
  std::uint32_t& moved = expected_at(now + target_ / 2);
  const bool moves = movable && regular && is_regular(now - viewer.given) &&
                     now - viewer.moved >= kRest * target_ && staying > moved + moved / kAlike + kFew;
  ++(moves ? moved : staying);
  if (moves) viewer.moved = now;
  return moves;
}

}  // namespace levee::delivery
