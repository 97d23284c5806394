#include "levee/runtime/run_on.hpp"

#include <stdexcept>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "levee/runtime/run_blocking.hpp"
#include "levee/runtime/shard.hpp"

namespace levee::runtime {
namespace {

namespace asio = boost::asio;

asio::awaitable<std::thread::id> whereabouts() { co_return std::this_thread::get_id(); }

asio::awaitable<std::string> fail() {
  throw std::runtime_error{"no"};
  co_return "";
}

asio::awaitable<void> visit(asio::io_context& other, std::thread::id& there, bool& came_back, bool& threw) {
  const auto here = std::this_thread::get_id();
  there = co_await run_on(other, whereabouts());
  came_back = std::this_thread::get_id() == here && there != here;
  try {
    const auto text = co_await run_on(other, fail());
  } catch (const std::runtime_error&) {
    threw = std::this_thread::get_id() == here;
  }
}

TEST(RunOn, RunsThereAndGoesOnHere) {
  ShardPool shards{2};
  shards.start();
  std::thread::id there;
  bool came_back = false;
  bool threw = false;
  run_blocking(shards.shard(0), visit(shards.shard(1), there, came_back, threw));
  EXPECT_TRUE(came_back);
  EXPECT_TRUE(threw);
  shards.stop();
}

}  // namespace
}  // namespace levee::runtime
