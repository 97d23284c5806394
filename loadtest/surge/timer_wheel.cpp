#include "surge/timer_wheel.hpp"

#include <algorithm>

namespace levee::surge {

void WheelTimer::cancel() {
  if (!previous_) return;
  previous_->next_ = next_;
  next_->previous_ = previous_;
  previous_ = next_ = nullptr;
}

TimerWheel::TimerWheel(TimePoint now) : start_{now} {
  for (auto& head : slots_) head.previous_ = head.next_ = &head;
}

void TimerWheel::insert_before(WheelTimer& head, WheelTimer& timer) {
  timer.previous_ = head.previous_;
  timer.next_ = &head;
  head.previous_->next_ = &timer;
  head.previous_ = &timer;
}

void TimerWheel::schedule(WheelTimer& timer, TimePoint due) {
  timer.cancel();
  timer.due_ = due;
  // Rounded up, so that no timer is called before its time.
  const auto tick = std::max(tick_of(due + kTick - Duration{1}), tick_);
  insert_before(slots_[static_cast<std::size_t>(tick) % kSlots], timer);
}

void TimerWheel::advance(TimePoint now) {
  const auto last = tick_of(now);
  if (last - tick_ >= static_cast<std::int64_t>(kSlots)) tick_ = last - static_cast<std::int64_t>(kSlots) + 1;
  while (tick_ <= last) {
    Head& head = slots_[static_cast<std::size_t>(tick_) % kSlots];
    ++tick_;  // first, so that what is scheduled for now by a timer lands in the next slot
    run_slot(head, now);
  }
}

void TimerWheel::run_slot(Head& head, TimePoint now) {
  if (head.next_ == &head) return;
  Head due;  // taken out whole: what timers schedule in this slot meanwhile is for another round
  due.next_ = head.next_;
  due.previous_ = head.previous_;
  due.next_->previous_ = due.previous_->next_ = &due;
  head.previous_ = head.next_ = &head;
  while (due.next_ != &due) {
    WheelTimer& timer = *due.next_;
    timer.cancel();
    if (timer.due_ > now) {
      insert_before(head, timer);
    } else {
      timer.fire(timer.due_, now);
    }
  }
}

}  // namespace levee::surge
