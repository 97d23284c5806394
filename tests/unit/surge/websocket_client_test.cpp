#include "surge/websocket_client.hpp"

#include <string>

#include <gtest/gtest.h>

namespace levee::surge {
namespace {

const std::string kUpgrade = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";

TEST(WebSocketClient, GivesTheSameMessagesWhereverTheBytesAreCut) {
  const std::string text(300, 'x');
  const std::string bytes = kUpgrade + std::string{"\x81\x02hi", 4} + std::string{"\x81\x7e\x01\x2c", 4} +
                            text + std::string{"\x8a\x00", 2} + std::string{"\x89\x01p", 3} +
                            std::string{"\x88\x00", 2};
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    SCOPED_TRACE(cut);
    WebSocketClient client;
    std::string all;
    for (const auto& piece : {bytes.substr(0, cut), bytes.substr(cut)}) {
      client.feed(piece);
      while (const auto message = client.next()) all += message->text + ";";
    }
    EXPECT_TRUE(client.upgraded());
    EXPECT_EQ(all, "hi;" + text + ";p;;");
  }
}

TEST(WebSocketClient, MasksWhatItSends) {
  const auto frame = WebSocketClient::text_frame("hi", 0x04030201);
  EXPECT_EQ(frame, (std::string{"\x81\x82\x01\x02\x03\x04", 6} + static_cast<char>('h' ^ 1) +
                    static_cast<char>('i' ^ 2)));
}

TEST(WebSocketClient, FailsWhereTheUpgradeIsRefused) {
  WebSocketClient client;
  client.feed("HTTP/1.1 503 Service Unavailable\r\n\r\n");
  EXPECT_FALSE(client.next());
  EXPECT_TRUE(client.failed());
}

}  // namespace
}  // namespace levee::surge
