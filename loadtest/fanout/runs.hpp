#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "levee/base/clock.hpp"

#include "fanout/swarm.hpp"

namespace levee::fanout {

/// The measurements, one at a time, on one swarm. Each gives its figures as JSON: seconds, bytes, counts.
///
/// `generator_busy` is the share of the time for which this program ran; from kLimit on it says
/// `"generator_limited": true`, and the figure tells of the generator and not of the server.
/// Errors: throws std::runtime_error when the server does not do its part within kPatience.
class Runs {
 public:
  static constexpr double kLimit = 0.9;
  static constexpr Duration kPatience = std::chrono::seconds{30};

  /// `servers`: process ids whose processor time belongs to the figures.
  Runs(Swarm& swarm, std::vector<int> servers) : swarm_{swarm}, servers_{std::move(servers)} {}

  /// Breaks all off, then connects the first `count`, kDialing at a time, up to the answer to the upgrade.
  nlohmann::json connect(std::size_t count);
  /// All who are connected say hello and subscribe.
  nlohmann::json join();
  /// Breaks all off; they come back as fast as they can and resume from `missed` messages before.
  nlohmann::json resume(std::uint64_t missed);
  /// Waits until the server has ended every connection, each of which comes back at once, as often as it is
  /// refused; until all have resumed. Time counts from the first answer to an upgrade.
  nlohmann::json come_back(std::uint64_t missed);

  /// Messages at a fixed rate, each when it is due whatever became of those before it.
  nlohmann::json at_rate(double per_second, double seconds);
  /// So many messages in flight, always: the next is sent when one has reached everybody.
  nlohmann::json saturate(std::size_t in_flight, double seconds);
  /// The last `sleepers` clients stop reading; then `messages` are published, 16 in flight.
  nlohmann::json stall(std::size_t sleepers, std::size_t messages);
  /// They read on, until each has the newest message.
  nlohmann::json wake();

 private:
  static constexpr std::size_t kDialing = 256;

  /// Time and processor time from here on.
  struct Watch {
    TimePoint from;
    Duration servers{};
    Duration own{};
  };
  Watch watch() const;
  nlohmann::json figures(const Watch& since) const;
  nlohmann::json deliveries(const Watch& since);
  template <class Done>
  void poll_until(Done done, const char* what);
  void publish(TimePoint due);
  nlohmann::json bring_back(std::uint64_t missed, bool already_away);

  Swarm& swarm_;
  std::vector<int> servers_;
  std::size_t count_ = 0;     ///< of clients that take part
  std::size_t sleepers_ = 0;  ///< of these, at the end
  std::size_t next_publisher_ = 0;
};

}  // namespace levee::fanout
