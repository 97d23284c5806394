#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace levee::surge {

/// What a client needs of the head of an HTTP/1.x response.
struct ResponseHead {
  unsigned status = 0;
  std::size_t size_bytes = 0;                 ///< of the head itself, its empty line included
  std::optional<std::uint64_t> length_bytes;  ///< Content-Length
  bool chunked = false;
  bool keep_alive = true;
  std::optional<std::uint32_t> retry_after_s;  ///< only the form in seconds

  /// Whether a body follows the head at all.
  bool has_body() const { return status >= 200 && status != 204 && status != 304; }
};

/// How far the reading of a head has come.
enum class HeadState { incomplete, complete, malformed };

/// Reads the head at the front of `bytes`. Fields that a client of HLS has no use for are skipped.
/// Limits: a head above 16 KiB is malformed.
/// Source: RFC 9112 sections 2 to 6.
HeadState read_head(std::string_view bytes, ResponseHead& head);

/// Counts the bytes of a chunked body without keeping them.
///
/// The result does not depend on where the pieces were cut.
/// Source: RFC 9112 section 7.1.
class ChunkedBody {
 public:
  /// Takes bytes of the body from the front of `bytes`; returns how many belonged to it. `sink` is called
  /// with each run of content.
  template <class Sink>
  std::size_t feed(std::string_view bytes, Sink&& sink) {
    std::size_t at = 0;
    while (at < bytes.size() && !done() && !malformed()) {
      if (state_ == State::content) {
        const auto run = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size() - at));
        sink(bytes.substr(at, run));
        at += run;
        left_ -= run;
        if (left_ == 0) state_ = State::content_end;
      } else {
        step(bytes[at++]);
      }
    }
    return at;
  }

  bool done() const { return state_ == State::done; }
  bool malformed() const { return state_ == State::malformed; }

 private:
  enum class State { size, extension, content, content_end, trailer, done, malformed };
  void step(char c);

  State state_ = State::size;
  std::uint64_t left_ = 0;
  bool digits_ = false;     // whether the size has any
  bool line_empty_ = true;  // of the trailer
};

}  // namespace levee::surge
