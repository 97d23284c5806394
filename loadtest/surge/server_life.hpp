#pragma once

#include <cstdint>
#include <limits>

#include "levee/base/clock.hpp"

namespace levee::surge {

/// The server's clock, as an interval: how far it is ahead of ours at least and at most. A message that says
/// when it was sent bounds it from below, an answer to a question of ours from above too; between samples the
/// interval widens by the drift that two clocks may have.
///
/// Units: Unix time in ms. Time: passed in, monotonic.
class ServerClock {
 public:
  /// A message that the server sent at `time_ms` came at `received`.
  void heard(std::int64_t time_ms, TimePoint received);
  /// A question that went at `sent` was answered at the server's `time_ms`.
  void answered(TimePoint sent, std::int64_t time_ms, TimePoint received);

  /// The most that the server's clock can say now; infinity while that is not known.
  double latest_ms(TimePoint now) const;

 private:
  double widened_ms(TimePoint now) const;
  void narrow(double low, double high, TimePoint now);

  static constexpr double kUnknown = std::numeric_limits<double>::infinity();
  double low_ms_ = -kUnknown;
  double high_ms_ = kUnknown;
  TimePoint at_{};
};

/// Whether the server is freshly heard, by the rules that make what a client shows worth anything: a
/// heartbeat or an answer counts only when it was sent at most 1500 ms ago, and vouches for 2.5 heartbeats.
///
/// Source: docs/protocol.md, Feeds and Heartbeats.
class ServerLife {
 public:
  /// The server said hello at `time_ms`, in answer to one that went at `sent`.
  void begin(TimePoint sent, std::int64_t time_ms, Duration heartbeat, TimePoint now);
  /// A channel wants heartbeats as often as this.
  void expect(Duration heartbeat) { heartbeat_ = heartbeat; }
  /// A heartbeat, sent at `time_ms`.
  void beat(std::int64_t time_ms, TimePoint now);
  /// The answer to a ping that went at `sent`.
  void answered(TimePoint sent, std::int64_t time_ms, TimePoint now);
  /// Anything came.
  void heard(TimePoint now) { heard_ = now; }
  void lost() { fresh_ = TimePoint::min(); }

  bool fresh(TimePoint now) const;
  /// Nothing came for so long that the connection is of no use.
  bool dead(TimePoint now) const { return now - heard_ >= heartbeat_ * 5; }
  Duration heartbeat() const { return heartbeat_; }
  /// How many messages came that tell when they were sent.
  std::uint64_t count() const { return count_; }
  const ServerClock& clock() const { return clock_; }

  static constexpr double kMostLagMs = 1500;

 private:
  void dated(std::int64_t time_ms, TimePoint now);

  ServerClock clock_;
  Duration heartbeat_ = std::chrono::seconds{15};
  TimePoint fresh_ = TimePoint::min();
  TimePoint heard_{};
  std::uint64_t count_ = 0;
};

}  // namespace levee::surge
