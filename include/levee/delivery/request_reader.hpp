#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "levee/delivery/error.hpp"
#include "levee/delivery/response.hpp"

namespace levee::delivery {

/// One HTTP/1.1 request, copied out of the connection's buffer.
struct Request {
  Method method = Method::get;
  std::string target;
  bool accepts_gzip = false;
  std::string range;
  std::string if_none_match;
  bool keep_alive = true;  ///< the connection goes on after the response
  bool websocket = false;  ///< asks to change to WebSocket; the fields below are filled only then
  std::string host;
  std::string origin;
  std::string websocket_key;
  std::string websocket_version;
  std::string websocket_protocols;
  bool posts_records = false;  ///< a POST to a feed; the fields below are filled only then
  std::size_t body_bytes = 0;  ///< at most kMaxPostBytes; what the head is followed by, not read yet
  std::string authorization;

  static constexpr std::size_t kMaxPostBytes = std::size_t{64} * 1024;
  RequestView view() const { return {method, target, accepts_gzip, range, if_none_match}; }
};

/// Reads one request head, its empty line included.
/// Errors: all of Errc but head_too_large.
Result<Request> parse_head(std::string_view head);

/// Cuts the bytes of a connection into requests. Does no I/O and keeps no clock.
///
/// Read into `space()`, tell how much with `commit`, then take requests with `next` until there are none;
/// the result does not depend on where the bytes were cut.
///
/// Errors: the first error is final; answer it and close.
/// Limits: nothing is allocated until something is read, then 2 KiB, and never more than `head_limit` bytes.
/// Source: RFC 9112.
class RequestReader {
 public:
  explicit RequestReader(std::size_t head_limit);

  /// Where the next bytes go. Empty when the buffer is full of what is not yet taken: stop reading then.
  /// Lifetime: until the next call.
  std::span<char> space();
  bool full() const { return end_ - begin_ >= limit_; }
  void commit(std::size_t size) { end_ += size; }
  /// Reads what somebody else has received. Limits: `head_limit` bytes; the rest is left out.
  void take(std::string_view received);

  /// The next request, or nothing until more bytes are there. Errors: Errc, all of it.
  Result<std::optional<Request>> next();

  /// Whether a request has begun and is not complete.
  bool in_request() const { return end_ != begin_; }

  /// Gives the buffer back if nothing in it is still to be taken, so that one who waits holds none.
  void release();

  /// The bytes of the request that `next` gave last, and of what came after it. Lifetime: until the next call
  /// of `space` or `next`.
  std::string_view last_head() const { return {buffer_.get() + begin_ - head_size_, head_size_}; }
  std::string_view rest() const { return {buffer_.get() + begin_, end_ - begin_}; }

 private:
  void skip_empty_lines();
  void compact();

  std::size_t limit_;
  std::size_t capacity_ = 0;
  std::unique_ptr<char[]> buffer_;
  std::size_t empty_lines_ = 0;  ///< before the next request
  std::size_t begin_ = 0;        ///< of what is not yet taken
  std::size_t scanned_ = 0;      ///< no head ends before here
  std::size_t end_ = 0;          ///< of what was read
  std::size_t head_size_ = 0;    ///< of the request that was taken last; it lies right before begin_
};

}  // namespace levee::delivery
