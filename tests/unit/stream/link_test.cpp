#include "stream/link.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "support/packets.hpp"

namespace levee::stream {
namespace {

using namespace std::chrono_literals;

struct Ends {
  ArrivedPacket video(bool key, std::size_t size) {
    return {test::video_packet(0, key, size), {TimePoint{now}, {}}};
  }
  ArrivedPacket audio() { return {test::audio_packet(0), {TimePoint{now}, {}}}; }

  boost::asio::io_context connection;
  Counter dropped;
  std::chrono::seconds now{100};
  std::shared_ptr<Link> link =
      std::make_shared<Link>(connection.get_executor(), PublishRequest{}, TimePoint{90s}, dropped);
};

TEST(Link, WakesTheHomeOnceForWhateverComesUntilItTakes) {
  Ends ends;
  EXPECT_TRUE(ends.link->push(test::video_config()));
  EXPECT_FALSE(ends.link->push(ends.video(true, 10)));
  EXPECT_EQ(ends.link->take().size(), 2u);
  EXPECT_TRUE(ends.link->push(ends.video(false, 10)));
}

TEST(Link, RemembersWhenTheLastPacketCame) {
  Ends ends;
  EXPECT_EQ(ends.link->last_packet(), TimePoint{90s});
  static_cast<void>(ends.link->push(test::video_config()));
  EXPECT_EQ(ends.link->last_packet(), TimePoint{90s});
  static_cast<void>(ends.link->push(ends.video(true, 10)));
  EXPECT_EQ(ends.link->last_packet(), TimePoint{100s});
}

TEST(Link, DropsToTheNextKeyFrameWhenTheHomeIsFarBehind) {
  Ends ends;
  const auto push = [&](LinkItem item) { static_cast<void>(ends.link->push(std::move(item))); };
  for (std::size_t i = 0; i < 9; ++i) push(ends.video(i == 0, 1 << 20));
  EXPECT_EQ(ends.dropped.value(), 1u);
  push(ends.video(true, 10));  // still full
  EXPECT_EQ(ends.link->take().size(), 8u);
  push(ends.video(false, 10));
  push(ends.audio());
  EXPECT_EQ(ends.dropped.value(), 4u);
  push(ends.video(true, 10));
  push(ends.audio());
  EXPECT_EQ(ends.link->take().size(), 2u);
  EXPECT_EQ(ends.dropped.value(), 4u);
}

TEST(Link, NeverDropsTheNewsThatThePublisherIsGone) {
  Ends ends;
  for (int i = 0; i < 9; ++i) static_cast<void>(ends.link->push(ends.video(true, 1 << 20)));
  EXPECT_FALSE(ends.link->gone());
  static_cast<void>(ends.link->push(PublisherGone{.finished = true}));
  EXPECT_TRUE(ends.link->gone());
  EXPECT_TRUE(ends.link->finished());
  EXPECT_TRUE(std::holds_alternative<PublisherGone>(ends.link->take().back()));
}

TEST(Link, TellsARevocationOnTheConnectionsThreadOnceWheneverTheHandlerComes) {
  Ends early;
  std::vector<ErrorCode> told;
  Link::on_revoked(early.link, [&](ErrorCode reason) { told.push_back(reason); });
  Link::revoke(early.link, Errc::taken_over);
  Link::revoke(early.link, Errc::stopping);
  EXPECT_TRUE(told.empty());
  early.connection.run();
  EXPECT_EQ(told, std::vector<ErrorCode>{Errc::taken_over});

  Ends late;
  Link::revoke(late.link, Errc::stopping);
  late.connection.run();
  Link::on_revoked(late.link, [&](ErrorCode reason) { told.push_back(reason); });
  late.connection.restart();
  late.connection.run();
  EXPECT_EQ(told.back(), Errc::stopping);
}

}  // namespace
}  // namespace levee::stream
