#include "surge/playback.hpp"

#include <algorithm>

namespace levee::surge {
namespace {

// A gap that no viewer sees: less than a frame.
constexpr Duration kUnseen = std::chrono::milliseconds{15};

}  // namespace

void Playback::settle(TimePoint now) {
  if (started_at_ && !dry_since_) {
    const auto passed = now - settled_;
    if (passed > level_) dry_since_ = settled_ + level_;
    level_ -= std::min(level_, passed);
  }
  settled_ = now;
}

std::optional<Playback::Stall> Playback::append(TimePoint now, Duration media) {
  settle(now);
  level_ += media;
  if (level_ < start_level_) return {};
  if (!started_at_) {
    started_at_ = now;
    return {};
  }
  return leave(now);
}

std::optional<Playback::Stall> Playback::leave(TimePoint now) {
  settle(now);
  if (!dry_since_) return {};
  const Stall stall{*dry_since_, now - *dry_since_};
  dry_since_.reset();
  if (stall.length < kUnseen) return {};
  return stall;
}

bool Playback::stalled(TimePoint now) const {
  if (!started_at_) return false;
  if (dry_since_) return now - *dry_since_ >= kUnseen;
  return now - settled_ >= level_ + kUnseen;
}

TimePoint Playback::stalled_since(TimePoint now) const {
  if (dry_since_) return *dry_since_;
  return std::min(now, settled_ + level_);
}

Duration Playback::level(TimePoint now) const {
  if (!started_at_ || dry_since_) return level_;
  return level_ - std::min(level_, now - settled_);
}

}  // namespace levee::surge
