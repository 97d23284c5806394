#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include "levee/admission/gate.hpp"
#include "levee/base/clock.hpp"
#include "levee/delivery/response.hpp"
#include "levee/runtime/shard_task.hpp"

#include "delivery/descriptor.hpp"
#include "delivery/http_connection.hpp"

namespace levee::delivery {

/// How long the door may keep a shard busy before those who watch have their turn: a slice for those who have
/// just come, and one for those who wait. While a part goes out to viewers who were there before, it is just
/// enough for two or three.
inline Duration door_slice(const Shelf& shelf) {
  return std::chrono::microseconds{shelf.settled_are_ready() ? 25 : 200};
}

/// A connection in the waiting room.
struct Guest {
  Descriptor socket;
  Place place;
  TimePoint since;                          ///< when it came, or was last told to wait
  std::optional<admission::Ticket> ticket;  ///< what it was told then
  bool tight = false;                       ///< it has one of the last descriptors, see RequestView
  bool watched = false;                     ///< by the room's epoll set
  bool told = false;                        ///< to wait
  std::list<Guest>::iterator self{};
};

/// What a guest has said that is not for the room to answer.
struct Heard {
  std::unique_ptr<Request> request;  ///< whole, with nothing after it
  std::string_view received;         ///< else: the bytes. Lifetime: that of the call
  bool let_in = false;               ///< the sender of `request` was let in by the responder
};

/// The connections of one listener on one shard on which nobody was let in: those that have just come, and
/// those who were told to wait.
///
/// A crowd of newcomers must cost those who watch next to nothing. So it is kept apart from them: in an epoll
/// set of its own, which Asio sees as one descriptor, and with a record of some bytes in place of a coroutine
/// and its buffers. Newcomers are heard out, and told to wait, for a `door_slice` at a time; then everything
/// else that is due on the shard comes first. The rest waits in the kernel.
///
/// Who asks for anything else than to be let in, and whoever the responder lets in, is handed on with what
/// was read of it: known viewers, pages, WebSockets, half a request. Whoever waits keeps its connection and
/// its place in the line; but when descriptors run short, whoever was told last can do without the connection
/// until it comes again, and those who were let in can't.
///
/// Limits: nothing of its own; the listener bounds the number of connections. Lifetime: `desk` outlives it.
/// Thread: its shard's.
class WaitingRoom {
 public:
  /// Takes the connection of a guest over. Lifetime: of `guest` until it returns.
  using HandOn = std::function<void(Guest& guest, Heard heard)>;

  /// Errors: throws boost::system::system_error when there is no descriptor left.
  WaitingRoom(boost::asio::io_context& shard, HttpDesk& desk, HandOn hand_on);
  WaitingRoom(const WaitingRoom&) = delete;
  WaitingRoom& operator=(const WaitingRoom&) = delete;

  /// Takes a new connection in, which is non-blocking, and hears it out if it has said something already.
  void enter(Descriptor socket, Place place, bool tight);

  /// Hears out those who speak, in slices, until `close`.
  runtime::ShardTask<void> attend();

  /// Closes those who have been silent for too long. Cost: theirs, however many others there are.
  void check(TimePoint now);
  void close();

  /// Closes the connection of whoever was told last to wait. Returns whether there was anybody.
  bool give_up_one();

  std::size_t size() const { return silent_.size() + told_.size(); }

 private:
  /// Returns whether somebody may still want to be heard.
  bool hear_some();
  /// Takes what the guest has sent. Returns whether it is still there, as `answer` does.
  bool hear(Guest& guest);
  bool answer(Guest& guest, std::string_view received);
  bool tell(Guest& guest, const Response& refusal, bool with_body);
  void watch(Guest& guest);
  void pass_on(Guest& guest, Heard heard);
  void leave(Guest& guest);
  std::list<Guest>& list_of(const Guest& guest) { return guest.told ? told_ : silent_; }

  HttpDesk& desk_;
  HandOn hand_on_;
  boost::asio::posix::basic_stream_descriptor<runtime::ShardExecutor> set_;  ///< epoll's
  std::list<Guest> silent_;  ///< have not been answered yet; by `since`
  std::list<Guest> told_;    ///< by `since`
  std::array<char, 4096> buffer_;
};

/// Writes a small response in one go, without waiting for anyone. Returns whether all of it was taken.
bool answer_at_once(int socket, const Response& response, HttpDesk& desk, bool with_body, bool keep_alive);

}  // namespace levee::delivery
