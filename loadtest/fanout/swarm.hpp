#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "levee/base/clock.hpp"

#include "fanout/client.hpp"
#include "fanout/delivery_log.hpp"
#include "fanout/dialect.hpp"

namespace levee::fanout {

/// Whom the swarm talks to.
struct Target {
  Dialect dialect = Dialect::levee;
  std::vector<std::uint16_t> ports;  ///< on loopback; clients are dealt to them in turn
  std::string path = "/rt?v=1";
  std::string channel = "chat:load";
};

/// Many WebSocket clients on one thread and one epoll: no coroutine and no buffer for a client, because the
/// generator must never be slower than what it measures. Frames are checked where they were received.
///
/// Each port is a group of the delivery log. Clients come from several addresses of 127.0.0.0/8, so that
/// local ports never run out. Errors: throws std::system_error where the system refuses what nothing works
/// without. Time: reads the clock, once for each time a socket is read.
class Swarm {
 public:
  /// `refused`: lost before the upgrade was answered.
  enum class Event { upgraded, joined, refused, lost };

  Swarm(Target target, std::size_t most_clients);
  ~Swarm();
  Swarm(const Swarm&) = delete;
  Swarm& operator=(const Swarm&) = delete;

  std::size_t size() const { return clients_.size(); }
  Client& client(std::size_t index) { return clients_[index]; }
  const Target& target() const { return target_; }
  DeliveryLog& log() { return log_; }
  /// Requests that the server refused, so far.
  std::uint64_t refused() const { return refused_; }
  std::uint64_t bytes_in() const { return bytes_in_; }

  /// Told what becomes of clients during `poll`. It must not hang up the client that it is told of.
  void on_event(std::function<void(Client&, Event)> handler) { handler_ = std::move(handler); }

  /// Begins to connect a client that is away.
  void dial(Client& client);
  /// Says hello (levee) and subscribes; one that was here resumes from `missed` messages before the last it
  /// saw. A plain server has nothing to be told: the client has joined.
  void join(Client& client, std::uint64_t missed = 0);
  /// Publishes the next message on this client's connection. `due`: from when on its time counts.
  void publish(Client& client, TimePoint due);
  /// Stops reading (the kernel's buffers fill), or reads on.
  void set_asleep(Client& client, bool asleep);
  /// Breaks all connections off at once, without a word.
  void drop_all();

  /// Waits for something to happen, at most so long, and handles what has.
  void poll(Duration most);

 private:
  void ready(Client& client, std::uint32_t events);
  void watch(Client& client, std::uint32_t events, int operation);
  void connected(Client& client);
  void read(Client& client);
  void take_head(Client& client, std::string_view bytes, TimePoint now);
  void take_frames(Client& client, std::string_view bytes, TimePoint now);
  void take_text(Client& client, std::string_view text, TimePoint now);
  void start(Client& client, const Heard& heard);
  void lose(Client& client);
  void send(Client& client, std::string_view bytes);

  Target target_;
  int epoll_ = -1;
  std::vector<Client> clients_;
  DeliveryLog log_;
  std::function<void(Client&, Event)> handler_;
  std::uint64_t refused_ = 0;
  std::uint64_t bytes_in_ = 0;
  std::array<char, 256 * 1024> input_;
};

}  // namespace levee::fanout
