#include "delivery/response_writer.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cstring>

namespace levee::delivery {
namespace {

constexpr std::size_t kHeadPieces = 2;

/// Responses without content must not tell a length of it. Source: RFC 9110 section 8.6.
bool has_length(unsigned status) { return status != 204 && status != 304; }

}  // namespace

ResponseWriter::ResponseWriter(const Response& response, std::string_view date, bool with_body,
                               bool keep_alive)
    : response_{response}, pieces_{kHeadPieces + (with_body ? response.body.pieces() : 0)} {
  write_own_lines(date, keep_alive);
  size_ = response.head->http1.size() + own_size_ + (with_body ? response.body.size() : 0);
}

void ResponseWriter::append(std::string_view text) {
  assert(own_size_ + text.size() <= own_lines_.size());
  std::memcpy(own_lines_.data() + own_size_, text.data(), text.size());
  own_size_ += text.size();
}

void ResponseWriter::append(std::uint64_t number) {
  char* const begin = own_lines_.data() + own_size_;
  const auto result = std::to_chars(begin, own_lines_.data() + own_lines_.size(), number);
  own_size_ += static_cast<std::size_t>(result.ptr - begin);
}

void ResponseWriter::write_come_back(const ComeBack& come_back) {
  append("Retry-After: ");
  append(static_cast<std::uint64_t>(come_back.after.count()));
  if (come_back.estimate) {
    append("\r\nLevee-Wait-Ms: ");
    append(static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(*come_back.estimate).count()));
  }
  if (come_back.ticket.front() != '\0') {
    append("\r\nLevee-Ticket: ");
    append({come_back.ticket.data(), come_back.ticket.size()});
  }
  append("\r\n");
}

void ResponseWriter::write_own_lines(std::string_view date, bool keep_alive) {
  if (has_length(response_.head->status)) {
    append("Content-Length: ");
    append(response_.body.size());
    append("\r\n");
  }
  if (response_.range) {
    append("Content-Range: bytes ");
    if (response_.head->status == 416) {
      append("*");
    } else {
      append(response_.range->first);
      append("-");
      append(response_.range->last);
    }
    append("/");
    append(response_.range->total);
    append("\r\n");
  }
  if (response_.come_back) write_come_back(*response_.come_back);
  append(date);
  append(keep_alive ? "\r\n" : "Connection: close\r\n\r\n");
}

BytesView ResponseWriter::piece(std::size_t index) const {
  if (index == 0) return as_bytes(response_.head->http1);
  if (index == 1) return as_bytes(std::string_view{own_lines_.data(), own_size_});
  return response_.body.piece(index - kHeadPieces);
}

std::span<const boost::asio::const_buffer> ResponseWriter::buffers() {
  std::size_t count = 0;
  std::size_t skip = offset_;
  for (std::size_t i = index_; i < pieces_ && count < kMaxBuffers; ++i) {
    const BytesView rest = piece(i).subspan(skip);
    skip = 0;
    buffers_[count++] = boost::asio::const_buffer{rest.data(), rest.size()};
  }
  return std::span{buffers_}.first(count);
}

void ResponseWriter::consume(std::size_t size) {
  offset_ += size;
  while (index_ < pieces_ && offset_ >= piece(index_).size()) {
    offset_ -= piece(index_).size();
    ++index_;
  }
}

}  // namespace levee::delivery
