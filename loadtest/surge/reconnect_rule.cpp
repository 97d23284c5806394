#include "surge/reconnect_rule.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace levee::surge {
namespace {

using std::chrono::milliseconds;

constexpr Duration kSettled = std::chrono::seconds{5};  // a connection that lasted this long was a good one
constexpr std::int64_t kFirstWindowMs = 500;
constexpr std::int64_t kMostWindowMs = 20'000;
constexpr Duration kSlowDown = std::chrono::seconds{10};

constexpr int kClosedAsAsked = 1000;
constexpr int kTooFast = 4029;

bool is_final(int code) { return code == kClosedAsAsked || (code >= 4500 && code <= 4599); }

}  // namespace

// The generator's first number is nearly proportional to its seed.
ReconnectRule::ReconnectRule(std::uint32_t seed) : random_{(seed + 1) * 2654435761U} { random_.discard(2); }

Duration ReconnectRule::draw(WaitWindow window) {
  const double share = static_cast<double>(random_() - std::minstd_rand::min()) /
                       static_cast<double>(std::minstd_rand::max() - std::minstd_rand::min());
  const auto width = static_cast<double>(window.to_ms - window.from_ms);
  return milliseconds{window.from_ms} +
         std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::milli>{share * width});
}

std::optional<Duration> ReconnectRule::lost(TimePoint now, int code) {
  const auto opened = std::exchange(opened_, std::nullopt);
  const auto bye = std::exchange(bye_, std::nullopt);
  if (is_final(code)) return {};
  if (opened && now - *opened >= kSettled) attempt_ = 0;
  const auto attempt = attempt_++;
  Duration wait{};
  if (bye) {
    wait = draw(*bye);
  } else if (opened && attempt == 0) {
    wait = draw({0, window_ms_});
  } else {
    wait = draw({0, std::min(kMostWindowMs, kFirstWindowMs << std::min(attempt, 16U))});
  }
  return code == kTooFast ? wait + kSlowDown : wait;
}

}  // namespace levee::surge
