#include "levee/runtime/ready_line.hpp"

#include <list>

#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

namespace levee::runtime {
namespace {

namespace asio = boost::asio;
using Stream = asio::local::stream_protocol::socket;

constexpr int kMany = 300;  // more than Asio takes at a time

struct ReadyLineTest : testing::Test {
  struct Pair {
    explicit Pair(asio::io_context& shard) : near{shard}, far{shard} { asio::local::connect_pair(near, far); }
    Stream near;
    Stream far;
  };

  /// Each of `kMany` sockets waits to become readable, and then is.
  void make_ready() {
    for (int i = 0; i < kMany; ++i) {
      Pair& pair = pairs.emplace_back(shard);
      pair.near.async_wait(Stream::wait_read, [this](const auto& error) { served += error ? 0 : 1; });
    }
    shard.poll();
    ASSERT_EQ(served, 0);
    for (auto& pair : pairs) asio::write(pair.far, asio::buffer("x", 1));
  }

  asio::io_context shard{1};
  std::list<Pair> pairs;
  int served = 0;
};

TEST_F(ReadyLineTest, EndsBehindEverySocketThatIsReady) {
  ReadyLine line{shard};
  make_ready();
  int served_at_the_end = -1;
  line.async_reach_end([&](const auto& error) { served_at_the_end = error ? -2 : served; });
  int served_when_posted = -1;
  asio::post(shard, [&] { served_when_posted = served; });
  shard.run();
  EXPECT_EQ(served_at_the_end, kMany);
  EXPECT_LT(served_when_posted, kMany) << "what is posted overtakes them";
}

TEST_F(ReadyLineTest, CanBeJoinedAgainAndAgain) {
  ReadyLine line{shard};
  for (int i = 0; i < 3; ++i) {
    bool reached = false;
    line.async_reach_end([&](const auto& error) { reached = !error; });
    shard.restart();
    shard.run();
    EXPECT_TRUE(reached);
  }
}

TEST_F(ReadyLineTest, EndsAWaitWhenItIsDestroyed) {
  bool ended = false;
  {
    ReadyLine line{shard};
    line.async_reach_end([&](const auto& error) { ended = error == asio::error::operation_aborted; });
  }
  shard.run();
  EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace levee::runtime
