#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "levee/base/clock.hpp"
#include "levee/base/metrics.hpp"
#include "levee/realtime/token_bucket.hpp"
#include "levee/realtime/wire.hpp"

namespace levee::realtime {

/// What a client that says hello has to show for itself. Each class has its own bucket, so that newcomers
/// can't take the place of those who were here.
enum class Arrival {
  resume,  ///< a valid resume token: costs no more than its handshake
  known,   ///< a valid identity
  cold,    ///< neither
};

/// Lets clients in at the rate that a node can take, when many come at once. Who has to wait is told how
/// long: windows follow one another as the queue grows, so that those who come back find it gone.
///
/// Thread: one. Time: pure.
class HelloGate {
 public:
  /// Hellos a second of each class; as many may come at once.
  struct Rates {
    std::size_t resume = 8000;
    std::size_t known = 4000;
    std::size_t cold = 2000;
  };

  explicit HelloGate(const Rates& rates);

  /// Nothing: let in. Otherwise the window from which the client draws how long to wait.
  std::optional<Retry> admit(Arrival arrival, TimePoint now);

  /// Clients told to wait.
  std::uint64_t turned_back(Arrival arrival) const { return of(arrival).turned_back.value(); }

 private:
  struct Queue {
    Rate rate;
    TokenBucket bucket;
    TimePoint next_free{};  ///< when those who were told to wait so far are in
    Counter turned_back;
  };
  const Queue& of(Arrival arrival) const { return queues_[static_cast<std::size_t>(arrival)]; }

  std::array<Queue, 3> queues_;
};

}  // namespace levee::realtime
