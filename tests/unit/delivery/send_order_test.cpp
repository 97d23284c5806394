#include "delivery/send_order.hpp"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include <boost/asio/post.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "levee/runtime/task_group.hpp"

#include "support/start.hpp"

namespace levee::delivery {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

using test::kStart;

constexpr std::uint64_t kSegment = std::uint64_t{128} << 10U;  ///< four fit a turn

class SendOrderTest : public testing::Test {
 protected:
  /// A connection made at `since` has something to send at `now`.
  void sends(int since, TimePoint now, std::uint64_t bytes = kSegment) {
    group.spawn("sends", send(since, now, bytes));
  }
  runtime::ShardTask<void> send(int since, TimePoint now, std::uint64_t bytes) {
    if (!order.may_write(context.get_executor(), now)) {
      co_await order.turn(context.get_executor(), kStart + since * 1s, bytes);
      ++waited;
    }
    sent.push_back(since);
  }

  boost::asio::io_context context;
  SendOrder order;
  runtime::TaskGroup group{context};
  std::vector<int> sent;
  int waited = 0;
};

TEST_F(SendOrderTest, LetsEveryoneSendAtOnceForASliceOfATurn) {
  for (const int since : {5, 3, 4}) sends(since, kStart + since * 50us);
  context.run();
  EXPECT_THAT(sent, ElementsAre(5, 3, 4));
  EXPECT_EQ(waited, 0);
}

TEST_F(SendOrderTest, LetsTheOldestConnectionsGoFirstBeyondThat) {
  sends(9, kStart);
  for (const int since : {5, 3, 4, 1}) sends(since, kStart + 1ms);
  context.run();
  EXPECT_THAT(sent, ElementsAre(9, 1, 3, 4, 5));
  EXPECT_EQ(waited, 4);
}

TEST_F(SendOrderTest, PutsWhoComesLaterBehindThoseWhoAreOlderAlone) {
  sends(0, kStart);
  for (int since = 20; since > 0; --since) sends(since, kStart + 1ms);
  // The first turn lets four of them go; then an older one comes than any of those who still wait.
  while (sent.size() < 5) context.run_one();
  sends(5, kStart + 2ms);
  context.run();
  ASSERT_EQ(sent.size(), 22u);
  EXPECT_EQ(sent[4], 4);
  EXPECT_LT(std::find(sent.begin() + 5, sent.end(), 5), std::find(sent.begin(), sent.end(), 20));
}

TEST_F(SendOrderTest, LetsGoInATurnWhatItsBytesAllow) {
  sends(0, kStart);
  sends(1, kStart + 1ms, std::uint64_t{64} << 20U);
  for (int since = 2; since < 20; ++since) sends(since, kStart + 1ms, 0);
  std::vector<std::size_t> in_each_turn;
  std::size_t before = 0;
  std::function<void()> look = [&] {
    if (sent.size() > before) in_each_turn.push_back(sent.size() - std::exchange(before, sent.size()));
    if (sent.size() < 20) boost::asio::post(context, look);
  };
  boost::asio::post(context, look);
  context.run();
  EXPECT_THAT(in_each_turn, ElementsAre(1, 1, 8, 8, 2));
}

TEST_F(SendOrderTest, ForgetsWhoGoesAwayWhileWaiting) {
  {
    boost::asio::io_context gone;
    auto abandoned = [](SendOrder& line, boost::asio::io_context& shard) -> runtime::ShardTask<void> {
      co_await line.turn(shard.get_executor(), kStart, kSegment);
    };
    runtime::TaskGroup tasks{gone};
    tasks.spawn("abandoned", abandoned(order, gone));
    gone.poll();
    gone.stop();
  }  // destroys the waiting coroutine
  sends(9, kStart);
  sends(1, kStart + 1ms);
  context.run();
  EXPECT_THAT(sent, ElementsAre(9, 1));
}

}  // namespace
}  // namespace levee::delivery
