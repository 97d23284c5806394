#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "levee/base/clock.hpp"
#include "levee/base/metrics.hpp"
#include "levee/delivery/realtime_server.hpp"
#include "levee/delivery/upgrade.hpp"
#include "levee/delivery/websocket_frames.hpp"
#include "levee/realtime/hub.hpp"

namespace levee::delivery {

/// Counted by all connections of the node.
struct RealtimeCounters {
  Gauge connections;
  Counter accepted;
  Counter turned_away;  ///< too many connections
  Counter bad_handshakes;
  Counter bytes_out;
  Counter writes;
  Counter blocked;  ///< writes that the kernel did not take in whole
  Counter closed_by_client;
  Counter closed_lost;      ///< without a word
  Counter closed_protocol;  ///< WebSocket rule broken
  Counter closed_silent;    ///< no hello, or nothing heard
  Counter closed_slow;
  Counter closed_flood;
  Counter closed_restart;
  Counter closed_other;
};

/// One WebSocket client: reads frames for its session, writes what the hub pushes.
///
/// Writes go straight to the socket when flushed; only what the kernel does not take is kept, and the rest of
/// the world waits until it is gone (`ready`). While the connection is idle there is no buffer, timer or
/// operation for writing, and for reading no more than the shard's waiting for the socket: a coroutine that
/// waited would take as much memory as all of this. The bytes go through one buffer of the shard.
/// Thread: its shard's.
class RealtimeConnection final : public realtime::Connection {
 public:
  /// How the shard finds the connection again when its socket can be written to, should it still be there.
  using WritableLater = std::function<void(Socket& socket)>;

  static constexpr std::size_t kMaxQueued = 256 * 1024;

  RealtimeConnection(Socket socket, realtime::Hub& hub, const RealtimeSettings& settings,
                     RealtimeCounters& counters, WritableLater writable_later, TimePoint now);
  RealtimeConnection(const RealtimeConnection&) = delete;
  RealtimeConnection& operator=(const RealtimeConnection&) = delete;

  /// Takes what came with the request for the upgrade, before anything is read.
  void begin(std::string_view first) { take_input(as_bytes(first)); }
  /// The socket can be read from, or the wait for that failed. Then, and after `begin`, look whether it is
  /// over.
  void readable(const ErrorCode& error);
  /// There is nothing left to read or to say: to be destroyed.
  bool over() const { return broken_ || ended_ || (closing_ && answered_); }
  Socket& socket() { return socket_; }
  /// Ends it without a word; the wait for the socket fails.
  void break_off();

  /// The socket can be written to again.
  void writable();

  /// Ends what takes too long. Called about once a second.
  void check(TimePoint now);

  bool ready() const override { return !blocked_ && !closing_ && !broken_; }
  void push(const SharedBytes& frames) override;
  void flush() override;
  void close(int code) override;

 private:
  void take_input(BytesView bytes);
  bool take_event(WebSocketEvent& event);
  void queue(const SharedBytes& frames);
  void send_some();
  void forget_queue();
  void count_close(int code);

  Socket socket_;
  const RealtimeSettings& settings_;
  RealtimeCounters& counters_;
  WritableLater writable_later_;
  std::vector<SharedBytes> queue_;  ///< no memory of its own while it is empty
  std::size_t sent_frames_ = 0;     ///< of the queue, whole
  std::size_t queued_bytes_ = 0;
  std::size_t sent_of_first_ = 0;
  bool blocked_ = false;   ///< waits for the socket to be writable
  bool closing_ = false;   ///< a close frame was queued: nothing may come after it
  bool answered_ = false;  ///< the client's close frame came
  bool broken_ = false;    ///< the socket is of no use any more
  bool ended_ = false;     ///< by the client's side, or by its network
  bool heard_ = true;      ///< since the last check; so are the two below
  bool took_bytes_ = true;
  bool pinged_ = false;
  TimePoint opened_;
  TimePoint last_heard_;
  TimePoint last_took_;
  TimePoint closing_since_{};
  WebSocketReader reader_;
  realtime::Hub& hub_;
  std::unique_ptr<realtime::Session> session_;
};

}  // namespace levee::delivery
