#include "surge/rtmp_client.hpp"

#include <array>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "levee/base/bytes.hpp"
#include "levee/rtmp/publish_session.hpp"

namespace levee::surge {
namespace {

/// The client on one end and levee's own session on the other.
class RtmpClientTest : public testing::Test {
 protected:
  /// Moves bytes both ways until there are none.
  void exchange() {
    for (bool moved = true; moved;) {
      const auto to_server = client.take_output();
      session.feed(to_server);
      take_events();
      const auto to_client = session.take_output();
      client.feed(to_client);
      moved = !to_server.empty() || !to_client.empty();
    }
  }

  void take_events() {
    for (;;) {
      auto event = session.next();
      ASSERT_TRUE(event) << event.error().message();
      if (!*event) return;
      if (const auto* asked = std::get_if<rtmp::PublishRequested>(&**event)) {
        request = *asked;
        accepts ? session.accept() : session.reject("no");
      }
      finished = finished || std::holds_alternative<rtmp::Finished>(**event);
    }
  }

  static constexpr std::array<std::byte, rtmp::Handshake::kRandomSize> kRandom{};
  RtmpClient client{"rtmp://h/live", "live", "key"};
  rtmp::PublishSession session{{}, kRandom};
  std::optional<rtmp::PublishRequested> request;
  bool accepts = true;
  bool finished = false;
};

TEST_F(RtmpClientTest, IsTakenAsAPublisher) {
  exchange();
  ASSERT_TRUE(request);
  EXPECT_EQ(request->app, "live");
  EXPECT_EQ(request->key, "key");
  EXPECT_TRUE(client.publishing());
  EXPECT_FALSE(client.failed());
}

TEST_F(RtmpClientTest, SendsTagsOfAnySizeAndTime) {
  exchange();
  // One NAL unit behind its length: what the session takes apart.
  Bytes body;
  ByteWriter video{body};
  video.u32(0x27010000);
  video.u8(0);
  video.u32(200'000);
  body.resize(body.size() + 200'000, std::byte{1});
  client.send_tag(9, 40, body);
  client.send_tag(9, 0x1000000, body);
  Bytes sound(100, std::byte{1});
  sound.front() = std::byte{0xaf};
  client.send_tag(8, 0x1000010, sound);
  exchange();
  EXPECT_FALSE(client.failed());
  EXPECT_FALSE(finished);
}

TEST_F(RtmpClientTest, SaysGoodbye) {
  exchange();
  client.say_goodbye();
  exchange();
  EXPECT_TRUE(finished);
}

}  // namespace
}  // namespace levee::surge
