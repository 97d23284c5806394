#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "fanout/delivery_log.hpp"
#include "fanout/dialect.hpp"
#include "fanout/frame_reader.hpp"

namespace levee::fanout {

/// One WebSocket client of the swarm. Lifetime: the swarm's, through any number of connections.
struct Client {
  enum class Stage { away, connecting, upgrading, upgraded, catching_up, joined };

  Stage stage = Stage::away;
  int socket = -1;
  std::size_t index = 0;
  FrameReader reader;
  std::string head;  ///< of the answer to the upgrade, while it is not whole
  DeliveryLog::Cursor cursor;
  std::string token;
  std::string epoch;
  std::uint64_t caught_up_at = 0;  ///< the place after the last one that was missed
  bool asleep = false;             ///< does not read
  bool recovered = false;          ///< by the last joining
  std::uint64_t frames = 0;        ///< messages received since it joined
  std::uint64_t gaps = 0;
};

}  // namespace levee::fanout
