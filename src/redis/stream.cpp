#include "redis/stream.hpp"

#include <utility>

#include <boost/asio/connect.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/ssl/impl/src.hpp>  // compiled here and nowhere else
#include <boost/asio/write.hpp>

#include "levee/runtime/use_result.hpp"

namespace levee::redis {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;
using runtime::use_result;

struct Stream::Secure {
  explicit Secure(tcp::socket& socket) : context{ssl::context::tls_client}, stream{socket, context} {}

  ssl::context context;
  ssl::stream<tcp::socket&> stream;
};

Stream::Stream(asio::io_context& context) : context_{context}, socket_{context} {}

Stream::~Stream() = default;

asio::awaitable<ErrorCode> Stream::connect(std::string host, std::string port, const Tls& tls) {
  secure_.reset();
  tcp::resolver resolver{context_};
  const auto [unknown, endpoints] = co_await resolver.async_resolve(host, port, use_result);
  if (unknown) co_return unknown;
  const auto [error, endpoint] = co_await asio::async_connect(socket_, endpoints, use_result);
  if (error) co_return error;
  ErrorCode ignored;
  socket_.set_option(tcp::no_delay{true}, ignored);
  socket_.set_option(asio::socket_base::keep_alive{true}, ignored);
  if (!tls.enabled) co_return ErrorCode{};
  co_return co_await secure(host, tls);
}

asio::awaitable<ErrorCode> Stream::secure(const std::string& host, const Tls& tls) {
  secure_ = std::make_unique<Secure>(socket_);
  ErrorCode error;
  if (tls.ca_file.empty()) {
    secure_->context.set_default_verify_paths(error);
  } else {
    secure_->context.load_verify_file(tls.ca_file, error);
  }
  if (error) co_return error;
  secure_->stream.set_verify_mode(ssl::verify_peer, error);
  secure_->stream.set_verify_callback(ssl::host_name_verification{host}, error);
  SSL_set_tlsext_host_name(secure_->stream.native_handle(), host.c_str());
  const auto [failed] = co_await secure_->stream.async_handshake(ssl::stream_base::client, use_result);
  co_return failed;
}

asio::awaitable<std::tuple<ErrorCode, std::size_t>> Stream::read_some(std::span<std::byte> buffer) {
  const auto target = asio::buffer(buffer.data(), buffer.size());
  if (secure_) co_return co_await secure_->stream.async_read_some(target, use_result);
  co_return co_await socket_.async_read_some(target, use_result);
}

asio::awaitable<ErrorCode> Stream::write(std::string_view bytes) {
  const auto source = asio::buffer(bytes.data(), bytes.size());
  if (secure_) {
    const auto [error, size] = co_await asio::async_write(secure_->stream, source, use_result);
    co_return error;
  }
  const auto [error, size] = co_await asio::async_write(socket_, source, use_result);
  co_return error;
}

void Stream::close() {
  ErrorCode ignored;
  socket_.close(ignored);
}

}  // namespace levee::redis
