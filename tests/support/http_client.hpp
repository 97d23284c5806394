#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <sys/time.h>

namespace levee::test {

/// A response as it came off the wire. `status` is 0 when the connection ended before its head was whole.
struct HttpReply {
  unsigned status = 0;
  std::string head;
  std::string body;

  /// The value of a header field; empty when there is none.
  std::string field(std::string_view name) const {
    const auto at = head.find("\r\n" + std::string{name} + ": ");
    if (at == std::string::npos) return {};
    const auto begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
};

/// A connection that sends just the bytes it is told to. Every call blocks for at most five seconds.
class HttpClient {
 public:
  explicit HttpClient(std::uint16_t port, int receive_buffer = 0) : socket_{context_} {
    namespace ip = boost::asio::ip;
    socket_.open(ip::tcp::v4());
    if (receive_buffer != 0)
      socket_.set_option(boost::asio::socket_base::receive_buffer_size{receive_buffer});
    const timeval limit{5, 0};
    setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(socket_.native_handle(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    socket_.connect(ip::tcp::endpoint{ip::address_v4::loopback(), port});
  }

  void send(std::string_view bytes) { boost::asio::write(socket_, boost::asio::buffer(bytes)); }

  void send_get(std::string_view target, std::string_view fields = {}, std::string_view method = "GET") {
    send(std::string{method} + " " + std::string{target} + " HTTP/1.1\r\nHost: levee\r\n" +
         std::string{fields} + "\r\n");
  }

  HttpReply get(std::string_view target, std::string_view fields = {}) {
    send_get(target, fields);
    return receive();
  }

  /// The next response; `with_body` is false for the one to a HEAD.
  HttpReply receive(bool with_body = true) {
    HttpReply reply;
    auto end = received_.find("\r\n\r\n");
    while (end == std::string::npos) {
      if (!read_some()) return reply;
      end = received_.find("\r\n\r\n");
    }
    reply.head = received_.substr(0, end + 2);
    received_.erase(0, end + 4);
    reply.status = static_cast<unsigned>(std::stoul(reply.head.substr(9, 3)));
    const auto length = reply.field("Content-Length");
    const std::size_t size = with_body && !length.empty() ? std::stoul(length) : 0;
    while (received_.size() < size && read_some()) {
    }
    reply.body = received_.substr(0, size);
    received_.erase(0, reply.body.size());
    return reply;
  }

  /// Reads at most `size` bytes and forgets them; 0: the connection has ended.
  std::size_t take(std::size_t size) {
    std::string buffer(size, '\0');
    const auto got = ::recv(socket_.native_handle(), buffer.data(), size, 0);
    return got > 0 ? static_cast<std::size_t>(got) : 0;
  }

  /// Its end will be a reset and no goodbye.
  void reset_on_close() { socket_.set_option(boost::asio::socket_base::linger{true, 0}); }

  /// Whether the server closes the connection within five seconds, with nothing more to say.
  bool is_closed() {
    if (!received_.empty()) return false;
    char byte = 0;
    const auto got = ::recv(socket_.native_handle(), &byte, 1, 0);
    return got == 0 || (got < 0 && errno == ECONNRESET);
  }

  /// Whether nothing has come within `time`.
  bool is_silent_for(std::chrono::milliseconds time) {
    const timeval limit{0, static_cast<suseconds_t>(time.count() * 1000)};
    setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    char byte = 0;
    const auto got = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK);
    const bool silent = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    const timeval usual{5, 0};
    setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &usual, sizeof usual);
    return silent;
  }

 private:
  bool read_some() {
    char buffer[65536];
    const auto got = ::recv(socket_.native_handle(), buffer, sizeof buffer, 0);
    if (got <= 0) return false;
    received_.append(buffer, static_cast<std::size_t>(got));
    return true;
  }

  boost::asio::io_context context_;
  boost::asio::ip::tcp::socket socket_;
  std::string received_;
};

}  // namespace levee::test
