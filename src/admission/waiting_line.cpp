#include "levee/admission/waiting_line.hpp"

#include <algorithm>

namespace levee::admission {
namespace {

constexpr double kFinest =
    1.0 / 64;  // of what is ahead: how far apart two marks are, as long as there is room

}  // namespace

double WaitingLine::join(TimePoint now) {
  if (empty()) {
    begin_ = end_ = now_serving_;
    marks_used_ = 0;
  }
  mark(now);
  const double place = end_;
  end_ += 1;
  joined_ = std::max(joined_, now);
  return place;
}

double WaitingLine::place(TimePoint since) const {
  const auto used = marks_.begin() + static_cast<std::ptrdiff_t>(marks_used_);
  const auto after = std::upper_bound(marks_.begin(), used, since,
                                      [](TimePoint at, const Mark& mark) { return at < mark.since; });
  if (after == marks_.begin()) return begin_;  // from before this line: first
  const Mark& before = *(after - 1);
  const Mark next = after == used ? Mark{joined_, end_} : *after;
  if (next.since <= since) return std::max(before.place, next.place - 1);
  const double share = std::chrono::duration<double>(since - before.since) / (next.since - before.since);
  return before.place + share * (next.place - before.place);
}

double WaitingLine::ahead(double place) const { return std::max(0.0, place - now_serving_); }

double WaitingLine::length() const { return std::max(0.0, end_ - std::max(begin_, now_serving_)); }

void WaitingLine::mark(TimePoint now) {
  if (marks_used_ > 0) {
    const Mark& last = marks_[marks_used_ - 1];
    if (end_ < last.place + std::max(1.0, length() * kFinest) || now <= last.since) return;
  }
  if (marks_used_ == marks_.size()) thin_out();
  marks_[marks_used_++] = {now, end_};
}

// What is forgotten needs no marks but the last; of what is still to come, few are enough far back. A place
// near the front no longer moves: those who hold it have been told when to come.
void WaitingLine::thin_out() {
  std::size_t first = 0;
  while (first + 1 < marks_used_ && marks_[first + 1].place <= forgotten_) ++first;
  if (first > 0) {
    std::move(marks_.begin() + static_cast<std::ptrdiff_t>(first), marks_.end(), marks_.begin());
    marks_used_ -= first;
    return;
  }
  for (double share = kFinest; marks_used_ == marks_.size(); share *= 2) {
    std::size_t kept = 1;
    for (std::size_t i = 1; i + 1 < marks_used_; ++i) {
      const double before = marks_[kept - 1].place;
      if (marks_[i + 1].place - before > share * (before - forgotten_)) marks_[kept++] = marks_[i];
    }
    marks_[kept++] = marks_[marks_used_ - 1];
    marks_used_ = kept;
  }
}

}  // namespace levee::admission
