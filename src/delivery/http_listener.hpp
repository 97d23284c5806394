#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "levee/delivery/file_budget.hpp"
#include "levee/runtime/task_group.hpp"

#include "delivery/http_connection.hpp"
#include "delivery/spare_descriptor.hpp"
#include "delivery/waiting_room.hpp"

namespace levee::delivery {

/// What a heartbeat found.
struct Beat {
  TimePoint now;
  Duration period;      ///< since the one before
  Duration lag;         ///< by how much it came too late: what an event waits for its turn on this shard
  Duration accept_age;  ///< how long the oldest connection has waited to be accepted
  std::uint32_t accept_queue = 0;
  std::size_t at_the_door = 0;  ///< connections on which nobody was let in
};

/// What a listener does besides serving, on its shard. Each may be empty.
struct ListenerChores {
  std::function<void(TimePoint now)> on_second;
  std::function<void(const Beat&)> on_beat;
};

/// One port on one shard: its acceptor, its waiting room and its connections.
///
/// New connections are taken for a `door_slice` at a time, with everything else that is due between. The rest
/// wait in the kernel, where they cost those who watch nothing. Lifetime: `desk` outlives
/// it; `stop` has returned, or the shard was stopped, before it is destroyed. Thread: its shard's, but for
/// construction and `open`, which come before `start`.
class HttpListener {
 public:
  /// `open_connections` counts those of all shards of this port.
  HttpListener(boost::asio::io_context& shard, HttpDesk& desk, std::atomic<std::size_t>& open_connections,
               FileBudget files, ListenerChores chores);

  /// Binds and listens; several shards may open the same port. Returns the port, chosen by the kernel if
  /// `port` is 0. Errors: throws boost::system::system_error, with the address in its text.
  /// An `own` port is shared with no one; another one only with the other shards, see require_free.
  std::uint16_t open(const std::string& address, std::uint16_t port, bool own);

  /// The congestion control that its connections have. After `open`.
  std::string congestion_control_in_force();

  /// Whether anyone else listens there, which a socket that shares its port would let pass in silence: two
  /// servers would each get some of the connections. Errors: as `open`.
  static void require_free(const std::string& address, std::uint16_t port);

  void start();
  /// Accepts no more, closes what is idle and answers what is parked. May be called twice.
  void begin_stop();
  /// Lets responses in flight end until `deadline`, then closes; returns when nothing is left.
  boost::asio::awaitable<void> stop(TimePoint deadline);

 private:
  using Timer =
      boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>, runtime::ShardExecutor>;

  using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, runtime::ShardExecutor>;
  /// How the accept queue was left; `stuck`: there is nothing to open a connection with.
  enum class Queue : std::uint8_t { empty, more, stuck };

  runtime::ShardTask<void> accept();
  runtime::ShardTask<void> look_after();
  runtime::ShardTask<void> beat();
  Queue accept_some();
  void shed_batch();
  void admit(Descriptor socket);
  void turn_away(Descriptor socket);
  /// Serves who is not for the waiting room, or not any more.
  void take_over(Guest& guest, Heard heard);

  boost::asio::io_context& shard_;
  HttpDesk& desk_;
  std::atomic<std::size_t>& open_connections_;
  FileBudget files_;
  ListenerChores on_;
  Acceptor acceptor_;
  boost::asio::ip::tcp protocol_ = boost::asio::ip::tcp::v4();
  SpareDescriptor spare_;
  AcceptQueueAge queue_age_;
  WaitingRoom room_;
  Timer second_;
  Timer beat_;
  runtime::TaskGroup connections_;
  runtime::TaskGroup chores_;
};

}  // namespace levee::delivery
