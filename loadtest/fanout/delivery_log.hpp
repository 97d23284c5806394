#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "levee/base/clock.hpp"

#include "surge/histogram.hpp"

namespace levee::fanout {

/// Checks that every message reaches every receiver once and in one order, and how long it took.
///
/// The order is the one that the first receiver of each place saw: messages leave on many connections, so the
/// server alone decides it, and everybody must be given the same. Each receiver is a cursor into that order.
///
/// Time: passed in. Cost: a few array accesses a delivery, so that millions a second can be checked.
class DeliveryLog {
 public:
  /// One receiver's place in the order.
  struct Cursor {
    std::uint64_t next = 0;  ///< place of the message that has to come
    std::uint32_t group = 0;
    bool counts = true;  ///< false while it catches up: what it gets is checked but is no delivery
  };

  /// What a window of time saw.
  struct Window {
    std::uint64_t deliveries = 0;
    std::uint64_t misplaced = 0;           ///< twice, out of order, never sent, or after a hole
    std::vector<surge::Histogram> delays;  ///< from sending to receiving, by group
  };

  explicit DeliveryLog(std::uint32_t groups = 1) { window_.delays.resize(groups); }

  /// How many receivers a message must reach to be complete; counts for those received from now on.
  void expect(std::uint64_t receivers) { receivers_ = receivers; }

  /// A message is sent; gives the number to write into it.
  std::uint64_t sent(TimePoint now);

  /// A receiver got a message. `place`: where in the order the server says that it stands; nothing: the next.
  void received(Cursor& cursor, std::uint64_t number, std::optional<std::uint64_t> place, TimePoint now);

  /// Messages that reached everybody.
  std::uint64_t complete() const { return complete_; }
  std::uint64_t sent_count() const { return sent_.size(); }
  /// The place after the last one that anybody saw.
  std::uint64_t end() const { return order_.size(); }
  /// Deliveries that have not come yet, of all that was sent.
  std::uint64_t missing() const;

  /// What happened since the last call. Starts a new window.
  Window take_window();

 private:
  struct Place {
    std::uint64_t number = 0;
    std::uint64_t copies = 0;
  };
  struct Sent {
    TimePoint at;
    bool placed = false;
  };

  bool belongs(const Cursor& cursor, std::uint64_t number, std::uint64_t place);

  std::uint64_t receivers_ = 0;
  std::uint64_t complete_ = 0;
  std::uint64_t owed_ = 0;   ///< deliveries that complete sending needs
  std::uint64_t given_ = 0;  ///< deliveries that count, ever
  std::vector<Sent> sent_;
  std::vector<Place> order_;
  Window window_;
};

}  // namespace levee::fanout
