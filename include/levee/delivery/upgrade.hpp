#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace levee::delivery {

/// A viewer's socket. Its executor has a concrete type: type-erased ones cost about a microsecond a request.
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

/// A request to change to WebSocket, checked as far as HTTP goes: `GET /rt` of HTTP/1.1 with
/// `Connection: upgrade`, `Upgrade: websocket` and `Sec-WebSocket-Key`.
struct UpgradeRequest {
  std::string target;  ///< "/rt?v=1"
  std::string host;
  std::string origin;     ///< empty when there was none, as from programs that are no browser
  std::string key;        ///< Sec-WebSocket-Key
  std::string version;    ///< Sec-WebSocket-Version; not checked: the answer (426) belongs to WebSocket
  std::string protocols;  ///< Sec-WebSocket-Protocol
  std::string peer;       ///< "192.0.2.7:51234"
  /// Everything received from the first byte of the request on: its head, and what the client has sent after
  /// it. Fit for beast::websocket::stream::accept(buffer(received)).
  std::string received;
  std::size_t head_size = 0;  ///< how much of `received` is the head
  /// A POST of records to a feed came instead, and is to be answered as HTTP/1.1 with the connection's end.
  bool posts_records = false;
  std::size_t body_bytes = 0;  ///< of the POST; a part of it may be in `received`
  std::string authorization;   ///< of the POST
};

/// Takes a connection over; nothing was answered on it yet. `shard` is the index of the shard it lives on.
///
/// Thread: called on that shard; must not block. The socket is non-blocking, with TCP_NODELAY.
using UpgradeHandler = std::function<void(std::size_t shard, Socket socket, UpgradeRequest request)>;

}  // namespace levee::delivery
