#pragma once

#include <cstdint>

namespace levee::sim {

/// One simulated surge. Times are in seconds. The costs are those measured on one core with loopback as the
/// network.
struct Plan {
  // The server.
  double cores = 2;
  double request_seconds = 8.3e-6;  ///< of a core: a request on a kept connection, without its body
  double connect_seconds = 15e-6;   ///< of a core: a new connection at the door
  double core_bytes_per_second =
      45e9 / 8;             ///< what a core sends that has little to do; BBR, the smaller figure
  double rise = 0.62;       ///< by so much more everything takes on a core that is full, in proportion below
  double door_share = 0.2;  ///< of the time, at least, for connections and questions while media waits too

  // The stream and the players.
  double bitrate = 4e6;
  double low_bitrate = 1e6;  ///< the rung on which newcomers start when they must start lower
  double part = 0.5;         ///< seconds of media that are fetched at a time
  bool in_step = true;   ///< low latency: all wait for the same part. false: each at its own time (plain HLS)
  double cushion = 1.0;  ///< a part may be so late before a player runs dry
  double join_media = 4.5;    ///< seconds of media a player fetches at once to begin
  double climb_after = 6;     ///< a player that started low takes the top rung then, if it is offered
  double patience = 10;       ///< a question unanswered for so long is given up and asked again later
  double disobedient = 0.01;  ///< share of the clients that come back after a second, whatever they were told

  // The surge.
  double incumbents_share = 0.25;  ///< of the capacity: watching before the surge
  double factor = 10;              ///< newcomers as a multiple of the capacity
  double surge_at = 10;
  double surge_seconds = 1;
  double stay = 60;      ///< newcomers watch for so long on average (exponential); incumbents stay
  double horizon = 130;  ///< the end, unless all newcomers are in before
  std::uint32_t seed = 1;

  /// Seconds of the server that delivering `seconds` of media at `rate` takes while it has little else to do.
  double delivery_seconds(double rate, double seconds, double requests) const {
    return (requests * request_seconds + rate * seconds / 8 / core_bytes_per_second) / cores;
  }
  /// Viewers of the top rung that the server carries with not a moment to spare.
  double capacity() const { return part / delivery_seconds(bitrate, part, in_step ? 2 : 1) / (1 + rise); }
};

}  // namespace levee::sim
