#include "websocket_client.hpp"

#include <stdexcept>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

namespace levee::test {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;

struct WebSocketClient::Impl {
  asio::io_context context;
  beast::websocket::stream<tcp::socket> stream{context};
  beast::flat_buffer buffer;
  bool reading = false;
  bool done = false;
  boost::system::error_code error;
};

WebSocketClient::WebSocketClient(std::uint16_t port, const std::string& target)
    : impl_{std::make_unique<Impl>()} {
  impl_->stream.next_layer().connect({asio::ip::address_v4::loopback(), port});
  impl_->stream.handshake("127.0.0.1:" + std::to_string(port), target);
}

WebSocketClient::~WebSocketClient() = default;

void WebSocketClient::send(const std::string& text) { impl_->stream.write(asio::buffer(text)); }

std::optional<nlohmann::json> WebSocketClient::receive(std::chrono::milliseconds patience) {
  auto& impl = *impl_;
  if (!impl.reading) {
    impl.done = false;
    impl.reading = true;
    impl.stream.async_read(impl.buffer, [&impl](boost::system::error_code error, std::size_t) {
      impl.error = error;
      impl.done = true;
      impl.reading = false;
    });
  }
  const auto end = std::chrono::steady_clock::now() + patience;
  impl.context.restart();
  while (!impl.done && std::chrono::steady_clock::now() < end) impl.context.run_one_until(end);
  if (!impl.done || impl.error) return {};
  const auto text = beast::buffers_to_string(impl.buffer.data());
  impl.buffer.consume(impl.buffer.size());
  return nlohmann::json::parse(text);
}

nlohmann::json WebSocketClient::expect(const std::string& field, std::chrono::milliseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    const auto message = receive(left);
    if (!message) throw std::runtime_error{"no message with \"" + field + "\" came"};
    if (message->contains(field)) return *message;
  }
}

nlohmann::json WebSocketClient::hello(const std::string& nickname, const std::string& more) {
  send(R"({"op":"hello","v":1,"nick":")" + nickname + '"' + more + "}");
  return expect("hello")["hello"];
}

std::uint16_t WebSocketClient::close_code() const { return impl_->stream.reason().code; }

void WebSocketClient::cut() { impl_->stream.next_layer().close(); }

}  // namespace levee::test
