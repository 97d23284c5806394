// What levee's fan-out is measured against: a uWebSockets server that publishes every text to all, itself
// included. Not part of the build: loadtest/peers/uwebsockets.mjs compiles it for the bench.
#include <App.h>
#include <cstdlib>
#include <iostream>

namespace {

struct NoData {};

}  // namespace

int main(int argc, char** argv) {
  const int port = argc > 1 ? std::atoi(argv[1]) : 0;
  uWS::App app;
  uWS::App::WebSocketBehavior<NoData> behavior;
  behavior.compression = uWS::DISABLED;
  behavior.maxPayloadLength = 4096;
  behavior.idleTimeout = 120;
  behavior.maxBackpressure = 64 * 1024 * 1024;  // none is dropped here
  behavior.open = [](auto* socket) { socket->subscribe("load"); };
  behavior.message = [&app](auto*, std::string_view text, uWS::OpCode code) {
    app.publish("load", text, code, false);
  };
  app.ws<NoData>("/rt", std::move(behavior));
  app.listen("127.0.0.1", port, [](auto* listening) {
    if (listening == nullptr) std::exit(1);
    std::cout << "listening" << std::endl;
  });
  app.run();
}
