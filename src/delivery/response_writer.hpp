#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include <boost/asio/buffer.hpp>

#include "levee/delivery/response.hpp"

namespace levee::delivery {

/// Gives a response to a socket as gathered writes: its prepared head, the few lines that are its own, and
/// the shared buffers of its body. Copies nothing but those lines.
///
/// Take `buffers`, write them, `consume` what was written, until `done`.
/// Lifetime: the response and `date` outlive it. It does not move: `buffers` refers into it.
class ResponseWriter {
 public:
  /// `date` is a whole Date line. Without `with_body` the head still tells the body's size (HEAD).
  ResponseWriter(const Response& response, std::string_view date, bool with_body, bool keep_alive);
  ResponseWriter(const ResponseWriter&) = delete;
  ResponseWriter& operator=(const ResponseWriter&) = delete;

  bool done() const { return index_ == pieces_; }
  /// Bytes of head and body together.
  std::uint64_t size() const { return size_; }
  std::span<const boost::asio::const_buffer> buffers();
  void consume(std::size_t size);

 private:
  /// More than a segment has parts; the kernel takes 1024.
  static constexpr std::size_t kMaxBuffers = 18;

  BytesView piece(std::size_t index) const;
  void append(std::string_view text);
  void append(std::uint64_t number);
  void write_come_back(const ComeBack& come_back);
  void write_own_lines(std::string_view date, bool keep_alive);

  const Response& response_;
  std::array<char, 384> own_lines_;
  std::size_t own_size_ = 0;
  std::size_t pieces_;
  std::uint64_t size_ = 0;
  std::size_t index_ = 0;   ///< of the piece that is being sent
  std::size_t offset_ = 0;  ///< what of it is sent
  std::array<boost::asio::const_buffer, kMaxBuffers> buffers_;
};

}  // namespace levee::delivery
