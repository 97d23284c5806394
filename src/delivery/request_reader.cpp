#include "levee/delivery/request_reader.hpp"

#include <algorithm>
#include <cstring>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>

#include "levee/delivery/target.hpp"

namespace levee::delivery {
namespace {

namespace http = boost::beast::http;

constexpr std::size_t kFirstCapacity = 2048;
constexpr std::size_t kMaxEmptyLines = 4;
constexpr std::string_view kEndOfHead = "\r\n\r\n";

/// Beast's parser would wait for a CR that never comes.
bool has_bare_line_feed(std::string_view head, std::size_t from = 0) {
  for (auto at = head.find('\n', from); at != std::string_view::npos; at = head.find('\n', at + 1)) {
    if (at == 0 || head[at - 1] != '\r') return true;
  }
  return false;
}

Method method_of(http::verb verb) {
  switch (verb) {
    case http::verb::get:
      return Method::get;
    case http::verb::head:
      return Method::head;
    case http::verb::options:
      return Method::options;
    default:
      return Method::other;
  }
}

std::string text(const http::fields& fields, http::field name) {
  const auto found = fields.find(name);
  return found == fields.end() ? std::string{} : std::string{found->value()};
}

void read_upgrade(const http::request<http::empty_body>& message, Request& request) {
  const auto upgrade = message.find(http::field::upgrade);
  if (message.version() != 11 || request.method != Method::get || upgrade == message.end()) return;
  if (!http::token_list{message[http::field::connection]}.exists("upgrade") ||
      !http::token_list{upgrade->value()}.exists("websocket"))
    return;
  request.websocket = true;
  request.host = text(message, http::field::host);
  request.origin = text(message, http::field::origin);
  request.websocket_key = text(message, http::field::sec_websocket_key);
  request.websocket_version = text(message, http::field::sec_websocket_version);
  request.websocket_protocols = text(message, http::field::sec_websocket_protocol);
}

}  // namespace

Result<Request> parse_head(std::string_view head) {
  if (has_bare_line_feed(head)) return Errc::bare_line_feed;
  http::request_parser<http::empty_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(head.size()) + 1);
  ErrorCode error;
  const auto used = parser.put(boost::asio::buffer(head), error);
  if (error == http::error::bad_version) return Errc::unsupported_version;
  if (error == http::error::body_limit || error == http::error::unexpected_body) return Errc::body_refused;
  if (error || !parser.is_header_done() || used != head.size()) return Errc::malformed_head;

  const auto& message = parser.get();
  if (message.version() != 11 && message.version() != 10) return Errc::unsupported_version;
  const bool posts =
      message.method() == http::verb::post && parse_target(message.target()).kind == Target::Kind::feed;
  const auto length = parser.content_length().value_or(0);
  if (parser.chunked() || length > (posts ? Request::kMaxPostBytes : 0)) return Errc::body_refused;
  const auto hosts = message.count(http::field::host);
  if (hosts > 1 || (hosts == 0 && message.version() == 11)) return Errc::missing_host;

  Request request;
  request.method = method_of(message.method());
  request.target = message.target();
  request.accepts_gzip = accepts_gzip(message[http::field::accept_encoding]);
  request.range = text(message, http::field::range);
  request.if_none_match = text(message, http::field::if_none_match);
  // A keep-alive of HTTP/1.0 would have to be confirmed in every response; nobody needs it.
  request.keep_alive = message.version() == 11 && message.keep_alive();
  read_upgrade(message, request);
  request.posts_records = posts;
  if (posts) request.body_bytes = static_cast<std::size_t>(length);
  if (posts) request.authorization = text(message, http::field::authorization);
  return request;
}

RequestReader::RequestReader(std::size_t head_limit) : limit_{head_limit} {}

void RequestReader::compact() {
  std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
  scanned_ -= begin_;
  end_ -= begin_;
  begin_ = 0;
  head_size_ = 0;
}

std::span<char> RequestReader::space() {
  if (begin_ != 0) compact();
  if (end_ == capacity_ && capacity_ < limit_) {
    const auto grown = std::min(std::max(capacity_ * 2, kFirstCapacity), limit_);
    auto larger = std::make_unique_for_overwrite<char[]>(grown);
    std::copy_n(buffer_.get(), end_, larger.get());
    buffer_ = std::move(larger);
    capacity_ = grown;
  }
  return {buffer_.get() + end_, capacity_ - end_};
}

void RequestReader::take(std::string_view received) {
  while (!received.empty() && !full()) {
    const auto free = space();
    const auto size = std::min(free.size(), received.size());
    std::copy_n(received.data(), size, free.data());
    commit(size);
    received.remove_prefix(size);
  }
}

void RequestReader::release() {
  if (in_request()) return;
  buffer_.reset();
  capacity_ = 0;
  begin_ = end_ = scanned_ = head_size_ = 0;
}

void RequestReader::skip_empty_lines() {
  // RFC 9112 2.2: a server should ignore an empty line before the request line. A few, not endlessly many.
  for (; empty_lines_ < kMaxEmptyLines && rest().starts_with("\r\n"); ++empty_lines_) begin_ += 2;
  scanned_ = std::max(scanned_, begin_);
}

Result<std::optional<Request>> RequestReader::next() {
  skip_empty_lines();
  const std::string_view read = rest();
  const std::size_t scanned = scanned_ - begin_;
  const auto at = read.find(kEndOfHead, scanned < 3 ? 0 : scanned - 3);
  if (at == std::string_view::npos) {
    scanned_ = end_;
    if (has_bare_line_feed(read, scanned)) return Errc::bare_line_feed;
    if (end_ - begin_ >= limit_) return Errc::head_too_large;
    return std::optional<Request>{};
  }
  head_size_ = at + kEndOfHead.size();
  if (head_size_ > limit_) return Errc::head_too_large;
  auto request = parse_head(read.substr(0, head_size_));
  if (!request) return request.error();
  begin_ += head_size_;
  empty_lines_ = 0;
  scanned_ = begin_;
  return std::optional<Request>{std::move(*request)};
}

}  // namespace levee::delivery
