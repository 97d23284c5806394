#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <boost/container/small_vector.hpp>

#include "levee/admission/gate.hpp"
#include "levee/admission/turn.hpp"
#include "levee/base/bytes.hpp"
#include "levee/base/clock.hpp"

namespace levee::delivery {

/// The methods that are told apart.
enum class Method : std::uint8_t { get, head, options, other };

/// A request as any HTTP transport sees it. Lifetime: that of the transport's buffers.
struct RequestView {
  Method method = Method::get;
  std::string_view target;  ///< "/live/show/index.m3u8?_HLS_msn=3"
  bool accepts_gzip = false;
  std::string_view range;          ///< the Range field; empty: none
  std::string_view if_none_match;  ///< empty: none
  bool first_of_connection = false;
  /// The connection took one of the last descriptors: only known viewers are served on it.
  bool tight = false;
  bool let_in = false;  ///< Responder::meet has let its sender in: it is not asked to wait
  /// Where the transport keeps, with the connection, what a newcomer on it was told; null: nowhere.
  std::optional<admission::Ticket>* ticket = nullptr;
};

/// What a request was for, as metrics count it.
enum class RequestKind : std::uint8_t { multivariant, playlist, init, segment, part, page, api, other };
inline constexpr std::size_t kRequestKinds = 8;
std::string_view to_string(RequestKind kind);

/// The part of a response's head that is the same for all of its kind, prepared once at start. What differs
/// (Content-Length, Content-Range, Date, Connection) the transport adds.
struct Head {
  unsigned status = 200;
  std::string http1;  ///< "HTTP/1.1 200 OK\r\nContent-Type: ...\r\n...": whole lines, no empty one
};

/// Shared bytes in the order they are sent. Copies pointers only.
class Body {
 public:
  Body() = default;
  /// Bytes that live as long as `owner`; a null owner stands for the whole run of the program.
  Body(std::shared_ptr<const void> owner, BytesView bytes) { add(std::move(owner), bytes); }

  void add(std::shared_ptr<const void> owner, BytesView bytes) {
    size_ += bytes.size();
    pieces_.push_back({std::move(owner), bytes});
  }
  void add(const SharedBytes& bytes) { add(bytes, *bytes); }

  /// Keeps the bytes [first, first + count), which must be there.
  void slice(std::uint64_t first, std::uint64_t count);

  std::uint64_t size() const { return size_; }
  std::size_t pieces() const { return pieces_.size(); }
  BytesView piece(std::size_t index) const { return pieces_[index].bytes; }

 private:
  struct Piece {
    std::shared_ptr<const void> owner;
    BytesView bytes;
  };
  boost::container::small_vector<Piece, 1> pieces_;
  std::uint64_t size_ = 0;
};

/// The part of an object that a 206 carries, or (416) the size of the object alone.
struct ContentRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;  ///< inclusive
  std::uint64_t total = 0;
};

/// What a newcomer that must wait is told beside the status.
struct ComeBack {
  std::chrono::seconds after{1};     ///< Retry-After
  std::optional<Duration> estimate;  ///< Levee-Wait-Ms: when it will probably get in; nothing: nobody knows
  std::array<char, 32> ticket{};  ///< Levee-Ticket, to be shown as ?ticket= on another connection; "": none
};

/// Lifetime: `head` belongs to what answered and outlives every connection.
struct Response {
  const Head* head = nullptr;
  Body body;  ///< not to be sent for HEAD, where only its size counts
  std::optional<ContentRange> range;
  RequestKind kind = RequestKind::other;
  std::optional<ComeBack> come_back;
  bool close = false;      ///< the connection ends after it
  bool newcomers = false;  ///< media or a playlist for who was let in just now: those who watch go first
  /// Since when what is sent could have been sent, whoever asks; only of what is measured: media and
  /// playlists for viewers who were let in some seconds ago.
  std::optional<TimePoint> ready;
  std::uint32_t rate_floor =
      0;  ///< bytes a second; a client that takes less for long is closed; 0: that takes none
};

/// Wait until a rendition has something, then ask again. Lifetime: that of the request's target.
struct Park {
  enum class For : std::uint8_t { part_of_segment, whole_segment, part_number };
  std::string_view stream{};
  std::string_view rendition{};
  For what = For::part_of_segment;
  std::uint64_t msn = 0;   ///< of the segment; not for part_number
  std::uint64_t part = 0;  ///< index in the segment, or (part_number) number in the stream
  Duration limit{};        ///< how long to wait; then ask for the last time, with Patience::none
  admission::Turn turn{};  ///< of the viewer, among all who wait for the same
};

/// The answer is made elsewhere, and comes when it does.
struct Later {
  using Done = std::function<void(Response)>;
  std::function<void(Done)> begin;  ///< called once; calls what it is given once, on any thread, or never
  Duration limit{};                 ///< how long it is waited for
};

using Answer = std::variant<Response, Park, Later>;

/// When a request is answered.
struct Moment {
  TimePoint now;
  WallTime wall;
};

/// Whether the asker may be told to wait.
enum class Patience : std::uint8_t { may_park, none };

/// What comes of meeting a request at the door.
struct Reception {
  std::optional<Response> refusal;  ///< its sender is a newcomer that has to wait, and is told so
  bool let_in = false;              ///< it is a newcomer that is let in: say so with the same request
};

/// Answers requests; one for each shard and listener, used by every HTTP transport.
///
/// Thread: its shard's.
class Responder {
 public:
  virtual ~Responder() = default;
  /// Never blocks and never fails: what is wrong with a request is a response. With Patience::none the answer
  /// is no Park.
  virtual Answer answer(const RequestView& request, const Moment& moment, Patience patience) = 0;
  /// Whether a request comes from a newcomer that is to wait outside, in less time than `answer` takes.
  /// Neither: ask `answer`.
  virtual Reception meet(const RequestView&, const Moment&) { return {}; }
  /// What a request to change to WebSocket is told in place of being taken; nothing: it is taken.
  virtual std::optional<Response> refuse_upgrade(const RequestView&, const Moment&) { return {}; }
};

}  // namespace levee::delivery
