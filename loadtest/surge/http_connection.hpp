#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/ip/tcp.hpp>

#include "levee/base/clock.hpp"
#include "levee/base/result.hpp"

#include "surge/link_pace.hpp"
#include "surge/network.hpp"
#include "surge/response_head.hpp"
#include "surge/timer_wheel.hpp"

namespace levee::surge {

/// How an exchange came to its end.
enum class ExchangeEnd {
  complete,       ///< a whole response, whatever its status
  no_connection,  ///< refused, or nothing to connect from
  reset,          ///< the connection broke before the first byte of the response
  truncated,      ///< the connection ended within the response
  time_out,       ///< no byte came for the time allowed
  malformed,      ///< no HTTP, or a length that can't be
};

/// What became of a request.
struct Response {
  ExchangeEnd end = ExchangeEnd::complete;
  unsigned status = 0;  ///< 0: no head came
  std::optional<std::uint32_t> retry_after_s;
  std::string_view body;         ///< only of a request that keeps it; good until the next exchange
  std::uint64_t body_bytes = 0;  ///< as they came
  TimePoint sent{};
  TimePoint first_byte{};
  TimePoint ended{};
  bool reused = false;  ///< whether the connection had carried another request before
};

/// A request for `HttpConnection`.
struct HttpRequest {
  std::string text;        ///< the whole head
  bool keep_body = false;  ///< playlists; other bodies are counted, checked by length and thrown away
  Duration patience{};     ///< without a byte
};

/// Who hears of a connection's exchange. May start the next one, or close the connection, within the call.
class ExchangeOwner {
 public:
  virtual ~ExchangeOwner() = default;
  virtual void exchanged(class HttpConnection& connection, const Response& response) = 0;
};

/// One client connection of HTTP/1.1: it is opened with its first request, kept alive between exchanges, and
/// opened again after its end. Has no buffer of its own while idle, and throws bodies away inside the kernel.
///
/// Lifetime: longer than the io_context runs handlers; `owner` and `network` outlive it. Thread: the
/// network's. Limits: one exchange at a time; a kept body of at most 4 MiB.
class HttpConnection final : private PolledSocket {
 public:
  HttpConnection(Network& network, ExchangeOwner& owner);
  ~HttpConnection() { close(false); }
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  /// Where the connection goes when it is opened next, and the counter to which body bytes are added as they
  /// come.
  void set_target(const boost::asio::ip::tcp::endpoint& target, std::uint64_t* received_bytes);
  /// Gives the client's side a bad network from now on.
  void set_link(const LinkModel& model, TimePoint now);

  /// Sends a request; the owner hears its end. Only while not `busy()`.
  void exchange(HttpRequest request);
  /// Ends the connection without a word to the owner; an exchange under way is forgotten.
  void close(bool by_reset);

  bool busy() const { return busy_; }
  bool is_open() const { return state_ == State::open; }
  /// How often the connection was opened.
  std::uint32_t openings() const { return openings_; }

 private:
  enum class State { closed, connecting, open };
  struct Timer final : WheelTimer {
    Timer(HttpConnection& connection, void (HttpConnection::*method)(TimePoint))
        : owner{connection}, call{method} {}
    void fire(TimePoint, TimePoint now) override { (owner.*call)(now); }
    HttpConnection& owner;
    void (HttpConnection::*call)(TimePoint);
  };

  bool connect();
  bool send_request();
  void ready(bool hung_up) override;
  void read_all();
  void read_idle();
  void patience_over(TimePoint now);
  void resume_reading(TimePoint now);

  /// Reads once. Returns whether more may be there.
  bool read_some(TimePoint now);
  bool take(std::string_view bytes, TimePoint now);
  bool take_head(std::string_view& bytes, TimePoint now);
  bool take_body(std::string_view bytes, TimePoint now);
  bool body_over() const;
  void ended_by_peer(bool by_reset, TimePoint now);
  void finish(ExchangeEnd end, TimePoint now);

  Network& network_;
  ExchangeOwner& owner_;
  int socket_ = -1;
  boost::asio::ip::tcp::endpoint target_;
  std::uint64_t* received_bytes_ = nullptr;
  State state_ = State::closed;
  std::uint32_t openings_ = 0;
  std::uint32_t generation_ = 0;  ///< tells openings apart, also those that failed
  bool busy_ = false;
  bool hung_up_ = false;  ///< the peer sends no more than is there already
  bool head_complete_ = false;
  std::uint32_t exchanges_ = 0;  ///< on this opening

  HttpRequest request_;
  std::size_t sent_bytes_ = 0;
  ResponseHead head_;
  std::uint64_t left_ = 0;  ///< of a body with a length
  std::optional<ChunkedBody> chunks_;
  std::string kept_;  ///< a head cut in two; then the body, where it is kept
  Response response_;
  TimePoint last_byte_{};
  Timer patience_{*this, &HttpConnection::patience_over};
  Timer pace_timer_{*this, &HttpConnection::resume_reading};
  std::optional<LinkPace> pace_;
};

}  // namespace levee::surge
