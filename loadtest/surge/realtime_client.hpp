#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <boost/asio/ip/tcp.hpp>

#include "surge/network.hpp"
#include "surge/realtime_report.hpp"
#include "surge/reconnect_rule.hpp"
#include "surge/server_life.hpp"
#include "surge/target.hpp"
#include "surge/websocket_client.hpp"

namespace levee::surge {

/// Where realtime clients go, and as whom.
struct RealtimePlace {
  Target target;      ///< of the WebSocket
  std::string token;  ///< JWT that every client shows; empty: they are guests
};

/// One client of the realtime endpoint, whatever its channels: a connection that is made again by the
/// protocol's own rules when it is lost, and goes on where it was with one message. What it says and hears
/// beyond that is its subclass's.
///
/// Lifetime: longer than the io_context runs handlers; what is given outlives it. Thread: the network's.
/// Source: docs/protocol.md.
class RealtimeClient : private WheelTimer {
 public:
  /// `seed`: of its waits; also its nickname.
  RealtimeClient(Network& network, const RealtimePlace& place, ConnectionReport& report, std::uint32_t seed);
  ~RealtimeClient() override = default;

  void start(TimePoint due);
  /// Its connection breaks off without a word; it comes back by the rules.
  void drop(TimePoint now);
  /// Its connection breaks off, and there is no network until then.
  void go_offline(TimePoint now, TimePoint until);
  /// Reads nothing until then: the kernel's buffers fill, and the server's queue.
  void sleep(TimePoint until) { asleep_until_ = until; }

  /// Whether the server said hello on this connection.
  bool open() const { return state_ == State::open; }

 protected:
  /// What to subscribe to, as a list's elements: `{"ch":"chat:a","pos":{…}}`; empty: nothing.
  virtual std::string wanted() const = 0;
  /// The longest time between two heartbeats that will do; zero: as usual.
  virtual Duration slowest_heartbeat() const { return Duration::zero(); }
  /// The server said hello. The channels' syncs follow.
  virtual void welcomed(TimePoint now) = 0;
  /// A message that is not about the connection itself.
  virtual void heard(std::string_view text, TimePoint now) = 0;
  /// The connection is gone.
  virtual void gone(TimePoint now) = 0;

  void send(std::string_view text);
  /// Asks for the channel anew, from where it is.
  void subscribe_again();
  /// All that was wanted is here: what the connection's loss cost is over.
  void caught_up(TimePoint now);
  /// Whether it was reading all the time from then on.
  bool awake_since(TimePoint time) const { return asleep_until_ == TimePoint{} && woke_ <= time; }
  const ServerLife& life() const { return life_; }
  ServerLife& life() { return life_; }
  Network& network() { return network_; }

 private:
  enum class State { away, connecting, greeting, waiting, open };

  void fire(TimePoint due, TimePoint now) override;
  void connect(TimePoint due);
  bool open_socket();
  void write_more();
  void read_more();
  void take(ErrorCode& error);
  void take_message(const WebSocketClient::Message& message, TimePoint now, ErrorCode& error);
  void take_text(std::string_view text, TimePoint now);
  void greet(TimePoint now);
  void take_hello(std::string_view text, TimePoint now);
  void refused(std::string_view text, TimePoint now);
  void ping(TimePoint now);
  void lost(TimePoint now, int code);
  void break_off();
  void watch(TimePoint now);

  Network& network_;
  const RealtimePlace& place_;
  ConnectionReport& report_;
  std::uint32_t seed_;
  boost::asio::ip::tcp::socket socket_;
  WebSocketClient protocol_;
  ReconnectRule rule_;
  ServerLife life_;
  State state_ = State::away;
  std::string output_;
  std::string writing_;
  std::string resume_;
  std::uint32_t generation_ = 0;
  std::uint32_t mask_;
  bool started_ = false;
  bool was_connected_ = false;
  bool resubscribes_ = false;
  bool reading_ = false;  ///< waits for the socket
  TimePoint due_{};
  TimePoint lost_at_{};  ///< when the last connection ended; zero: what that cost is over
  TimePoint offline_until_{};
  TimePoint asleep_until_{};
  TimePoint woke_{};
  TimePoint greeted_at_{};
};

/// How many of these clients the server has said hello to.
template <class Clients>
std::size_t open_among(const Clients& clients) {
  return static_cast<std::size_t>(
      std::count_if(clients.begin(), clients.end(), [](const auto& client) { return client->open(); }));
}

/// Reads and resolves ws://HOST[:PORT]/rt. Errors: invalid_argument; what the resolver says.
Result<Target> resolve_websocket(const std::string& url);

}  // namespace levee::surge
