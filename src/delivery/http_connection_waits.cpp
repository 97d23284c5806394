// What an HTTP connection waits for between a request and its answer.
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include "delivery/heads.hpp"
#include "delivery/http_connection.hpp"

namespace levee::delivery {

namespace asio = boost::asio;
using runtime::ShardTask;

ShardTask<bool> HttpConnection::wait_for(const Park& park) {
  woken_ = false;
  const Shelf::Waiter waiter{desk_.shelf, park, [this] { wake(); }};
  enter(Phase::parked);
  desk_.counters.parks.add();
  desk_.counters.parked.add(1);
  const bool stays = co_await wait_for_wake();
  desk_.counters.parked.add(-1);
  co_return stays;
}

ShardTask<std::optional<Response>> HttpConnection::wait_for(Later later) {
  /// What comes when the connection may be gone.
  struct Outcome {
    HttpConnection* waiting;
    std::optional<Response> response;
  };
  struct Leave {
    std::shared_ptr<Outcome> outcome;
    ~Leave() { outcome->waiting = nullptr; }
  };
  const auto outcome = std::make_shared<Outcome>(Outcome{this, {}});
  const Leave leave{outcome};
  woken_ = false;
  deadline_ = Clock::now() + later.limit;
  enter(Phase::parked);
  later.begin([outcome, executor = socket_.get_executor()](Response response) {
    asio::post(executor, [outcome, response = std::move(response)]() mutable {
      outcome->response = std::move(response);
      if (outcome->waiting != nullptr) outcome->waiting->wake();
    });
  });
  const bool stays = co_await wait_for_wake();
  if (!stays) co_return std::nullopt;
  if (!outcome->response) outcome->response = plain(503, "no answer in time\n", RequestKind::api);
  co_return std::move(outcome->response);
}

ShardTask<bool> HttpConnection::wait_for_wake() {
  bool left = false;
  while (!woken_ && !left) {
    reader_.release();
    if (reader_.full()) {  // of pipelined requests: only a broken connection can be noticed
      co_await socket_.async_wait(Socket::wait_error, asio::as_tuple(asio::deferred));
      left = !woken_;
      continue;
    }
    const auto [error, size] = co_await socket_.async_read_some(inlet(), asio::as_tuple(asio::deferred));
    if (!error) received(size);
    left = error && !woken_;
  }
  co_return !left;
}

void HttpConnection::wake() {
  woken_ = true;
  ErrorCode ignored;
  socket_.cancel(ignored);
}

}  // namespace levee::delivery
