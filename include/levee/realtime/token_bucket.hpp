#pragma once

#include "levee/base/clock.hpp"

namespace levee::realtime {

/// How often something may happen: `burst` times at once, then once every `interval`.
struct Rate {
  Duration interval;
  int burst = 1;
};

/// Limits one connection's rate. Holds one time and no counter: the moment at which the bucket is full again.
class TokenBucket {
 public:
  /// Takes a token. Nothing left: gives how long until there is one, and takes none; else zero.
  Duration take(const Rate& rate, TimePoint now) {
    const TimePoint full_at = full_at_ < now ? now : full_at_;
    const TimePoint allowed_at = full_at - rate.interval * (rate.burst - 1);
    if (allowed_at > now) return allowed_at - now;
    full_at_ = full_at + rate.interval;
    return Duration::zero();
  }

  /// Whether it is as good as a new one.
  bool full(TimePoint now) const { return full_at_ <= now; }

 private:
  TimePoint full_at_{};
};

}  // namespace levee::realtime
