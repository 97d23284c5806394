#include "delivery/send_order.hpp"

#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>

#include "levee/runtime/yield_core.hpp"

namespace levee::delivery {
namespace {

namespace asio = boost::asio;

/// Of a turn, for whoever comes.
constexpr Duration kSlice = std::chrono::microseconds{400};
/// To those who wait, in each turn: a quarter of a millisecond's, or a single response that is larger.
constexpr std::uint64_t kBytesAtOnce = std::uint64_t{1} << 20U;
/// What a response takes besides its bytes, as if it were bytes.
constexpr std::uint64_t kBesideBytes = std::uint64_t{128} << 10U;
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

runtime::ShardTask<void> SendOrder::turn(runtime::ShardExecutor shard, TimePoint since, std::uint64_t bytes) {
  struct Place {
    Place(std::shared_ptr<State> order, TimePoint age, Waiting waits)
        : state{std::move(order)}, timer{*waits.timer}, at{state->waiting.emplace(age, waits)} {}
    ~Place() {
      if (timer.expiry() == kWaits) state->waiting.erase(at);
    }
    std::shared_ptr<State> state;
    Timer& timer;
    std::multimap<TimePoint, Waiting>::iterator at;
  };
  Timer timer{shard, kWaits};
  const Place place{state_, since, Waiting{&timer, bytes}};
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
  for (std::uint64_t bytes = 0; bytes < kBytesAtOnce && !state->waiting.empty();) {
    const auto first = state->waiting.begin();
    const auto [timer, size] = first->second;
    bytes += size + kBesideBytes;
    state->waiting.erase(first);
    timer->expires_at(kGoes);  // which ends its wait
  }
  runtime::yield_core();
  state->began = Clock::now();
  await_next_turn(state, shard);
}

}  // namespace levee::delivery
