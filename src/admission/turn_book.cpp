#include "levee/admission/turn_book.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace levee::admission {
namespace {

constexpr double kFewTurns = 20;             // tell nothing: all are expected to come
constexpr double kLeastShare = 0.5;          // so that an error is never worth more than twice the turns
const double kLately = std::exp(-1.0 / 20);  // a second

std::int64_t second_of(TimePoint at) {
  return std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()).count();
}

}  // namespace

TurnBook::TurnBook(TimePoint now) : second_{second_of(now)} {}

void TurnBook::promise(double place, TimePoint at) {
  const auto second = second_of(at);
  if (second <= second_ || second >= second_ + static_cast<std::int64_t>(kAhead)) return;
  double& last = promised_[static_cast<std::size_t>(second) % kAhead];
  last = std::max(last, place);
}

double TurnBook::promised(TimePoint now) {
  move_to(now);
  return promised_now_;
}

void TurnBook::pass(double from, double to, TimePoint now) {
  move_to(now);
  Second& current = passed_[static_cast<std::size_t>(second_) % kSeconds];
  if (current.to <= current.from) current = {from, from, 0};
  current.to = to;
  kept_ += to - from;
}

bool TurnBook::come(double place, TimePoint now) {
  move_to(now);
  const auto second = std::find_if(passed_.begin(), passed_.end(), [place](const Second& one) {
    return one.from <= place && place <= one.to && one.to > one.from;
  });
  if (second == passed_.end()) {
    came_ += 1;
    return false;
  }
  second->came += 1;
  if (kept_ < 1) return false;
  kept_ -= 1;
  return true;
}

double TurnBook::share() const {
  return std::clamp((came_ + kFewTurns) / (turns_ + kFewTurns), kLeastShare, 1.0);
}

void TurnBook::move_to(TimePoint now) {
  const auto to = second_of(now);
  second_ = std::max(second_, to - static_cast<std::int64_t>(kAhead + kSeconds));  // beyond, all is over
  while (second_ < to) {
    ++second_;
    promised_now_ =
        std::max(promised_now_, std::exchange(promised_[static_cast<std::size_t>(second_) % kAhead], 0));
    const Second over = std::exchange(passed_[static_cast<std::size_t>(second_) % kSeconds], {});
    oldest_ = std::max(oldest_, over.to);
    kept_ = std::max(0.0, kept_ - std::max(0.0, over.to - over.from - over.came));
    if (over.came == 0) continue;  // nobody can have come: there is no way through to the gate
    turns_ = turns_ * kLately + over.to - over.from;
    came_ = came_ * kLately + std::min(over.came, over.to - over.from);
  }
}

}  // namespace levee::admission
