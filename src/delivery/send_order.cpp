#include "delivery/send_order.hpp"

#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>

namespace levee::delivery {
namespace {

namespace asio = boost::asio;

/// Of a turn, for whoever comes.
constexpr Duration kSlice = std::chrono::milliseconds{1};
/// Of those who wait, in each turn: segments of some megabits take a quarter of a millisecond each.
constexpr int kAtOnce = 8;
constexpr TimePoint kWaits = TimePoint::max();
constexpr TimePoint kGoes{};

}  // namespace

bool SendOrder::may_write(runtime::ShardExecutor shard, TimePoint now) {
  State& state = *state_;
  if (state.began == TimePoint{}) {
    state.began = now;
    await_next_turn(state_, shard);
  }
  return state.waiting.empty() && now - state.began < kSlice;
}

runtime::ShardTask<void> SendOrder::turn(runtime::ShardExecutor shard, TimePoint since) {
  struct Place {
    Place(std::shared_ptr<State> order, TimePoint age, Timer& wait)
        : state{std::move(order)}, timer{wait}, at{state->waiting.emplace(age, &wait)} {}
    ~Place() {
      if (timer.expiry() == kWaits) state->waiting.erase(at);
    }
    std::shared_ptr<State> state;
    Timer& timer;
    std::multimap<TimePoint, Timer*>::iterator at;
  };
  Timer timer{shard, kWaits};
  const Place place{state_, since, timer};
  co_await timer.async_wait(asio::as_tuple(asio::deferred));
}

void SendOrder::await_next_turn(const std::shared_ptr<State>& state, runtime::ShardExecutor shard) {
  asio::post(shard, [weak = std::weak_ptr{state}, shard] {
    if (const auto alive = weak.lock()) begin_turn(alive, shard);
  });
}

void SendOrder::begin_turn(const std::shared_ptr<State>& state, runtime::ShardExecutor shard) {
  state->began = {};
  if (state->waiting.empty()) return;
  for (int i = 0; i < kAtOnce && !state->waiting.empty(); ++i) {
    const auto first = state->waiting.begin();
    Timer& timer = *first->second;
    state->waiting.erase(first);
    timer.expires_at(kGoes);  // which ends its wait
  }
  state->began = Clock::now();
  await_next_turn(state, shard);
}

}  // namespace levee::delivery
