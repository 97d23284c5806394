#pragma once

#include <string>

#include "levee/delivery/upgrade.hpp"

namespace levee::delivery {

/// The answer to a request to change to WebSocket.
struct WebSocketAnswer {
  bool accepted = false;
  std::string head;  ///< the whole HTTP response
};

/// Sec-WebSocket-Accept for a Sec-WebSocket-Key. Source: RFC 6455 section 4.2.2.
std::string websocket_accept(const std::string& key);

/// 101 when the version is 13 and the key is 16 bytes in base64; 426 or 400 otherwise. No subprotocol and no
/// extension is chosen. Every Origin is let in: nothing behind this acts by a cookie.
WebSocketAnswer answer_upgrade(const UpgradeRequest& request);

}  // namespace levee::delivery
