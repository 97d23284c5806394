#pragma once

#include <cstdint>
#include <optional>
#include <random>

#include "levee/base/clock.hpp"

#include "surge/realtime_text.hpp"

namespace levee::surge {

/// When a realtime client that lost its connection tries again: within the window that the server told
/// beforehand, then with full jitter over a window that doubles, as levee-client does.
///
/// Time: passed in. Source: docs/protocol.md, Reconnecting and Close codes.
class ReconnectRule {
 public:
  /// Neighbouring seeds give unlike waits.
  explicit ReconnectRule(std::uint32_t seed);

  /// The reconnect window that a hello or a heartbeat told.
  void told_window(std::int64_t ms) { window_ms_ = ms; }
  /// The window of a `bye`, or of a close frame's reason: it goes before the rest, once.
  void told_bye(WaitWindow window) { bye_ = window; }
  /// The server said hello.
  void opened(TimePoint now) { opened_ = now; }

  /// The connection is gone; `code` is that of a close frame, 0 for none. How long to wait before the next
  /// try; nothing: it would never work.
  std::optional<Duration> lost(TimePoint now, int code);

  /// A time drawn from a window.
  Duration draw(WaitWindow window);

 private:
  std::minstd_rand random_;
  std::int64_t window_ms_ = 1000;
  std::optional<WaitWindow> bye_;
  std::optional<TimePoint> opened_;  ///< on this connection
  unsigned attempt_ = 0;
};

}  // namespace levee::surge
