#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "levee/base/bytes.hpp"
#include "levee/base/result.hpp"
#include "levee/redis/settings.hpp"

namespace levee::redis {

/// A connection to a server: TCP, or TLS over it. With TLS the server's certificate must be good for its
/// name.
///
/// Thread: that of `context`; one read and one write at a time. Lifetime: `close` it and let what waits end
/// before it is destroyed or connected again.
class Stream {
 public:
  explicit Stream(boost::asio::io_context& context);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// Looks the name up, connects, and shakes hands.
  boost::asio::awaitable<ErrorCode> connect(std::string host, std::string port, const Tls& tls);
  boost::asio::awaitable<std::tuple<ErrorCode, std::size_t>> read_some(std::span<std::byte> buffer);
  boost::asio::awaitable<ErrorCode> write(std::string_view bytes);
  /// What waits ends with an error.
  void close();

 private:
  struct Secure;

  boost::asio::awaitable<ErrorCode> secure(const std::string& host, const Tls& tls);

  boost::asio::io_context& context_;
  boost::asio::ip::tcp::socket socket_;
  std::unique_ptr<Secure> secure_;  ///< null: without TLS
};

}  // namespace levee::redis
