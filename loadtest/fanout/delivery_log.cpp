#include "fanout/delivery_log.hpp"

#include <utility>

namespace levee::fanout {

std::uint64_t DeliveryLog::sent(TimePoint now) {
  sent_.push_back({now});
  owed_ += receivers_;
  return sent_.size() - 1;
}

void DeliveryLog::received(Cursor& cursor, std::uint64_t number, std::optional<std::uint64_t> told,
                           TimePoint now) {
  const auto place = told.value_or(cursor.next);
  if (!belongs(cursor, number, place)) {
    ++window_.misplaced;
    if (told && place >= cursor.next) cursor.next = place + 1;  // one hole is one fault
    return;
  }
  cursor.next = place + 1;
  if (!cursor.counts) return;
  ++given_;
  ++window_.deliveries;
  window_.delays[cursor.group].record(now - sent_[number].at);
  if (++order_[place].copies == receivers_) ++complete_;
}

bool DeliveryLog::belongs(const Cursor& cursor, std::uint64_t number, std::uint64_t place) {
  if (number >= sent_.size() || place != cursor.next) return false;
  if (place < order_.size()) return order_[place].number == number;
  if (place > order_.size() || std::exchange(sent_[number].placed, true)) return false;
  order_.push_back({number, 0});
  return true;
}

std::uint64_t DeliveryLog::missing() const { return owed_ > given_ ? owed_ - given_ : 0; }

DeliveryLog::Window DeliveryLog::take_window() {
  Window taken;
  taken.delays.resize(window_.delays.size());
  std::swap(taken, window_);
  return taken;
}

}  // namespace levee::fanout
