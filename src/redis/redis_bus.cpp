#include "levee/redis/redis_bus.hpp"

#include <utility>

#include <boost/asio/post.hpp>

#include "levee/runtime/run_on.hpp"

#include "redis/bus_core.hpp"

namespace levee::redis {

namespace asio = boost::asio;

/// Hands everything over to the core's thread; the inbox brings the answers back.
class RedisBus::Client final : public realtime::BusClient {
 public:
  Client(std::shared_ptr<Core> core, std::shared_ptr<realtime::BusInbox> inbox)
      : core_{std::move(core)}, inbox_{std::move(inbox)} {}
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() override {
    inbox_->close();
    core_->post([inbox = inbox_](Core& core) { core.detach(inbox); });
  }

  void subscribe(const std::string& channel) override {
    core_->post([inbox = inbox_, channel](Core& core) { core.subscribe(channel, inbox); });
  }
  void unsubscribe(const std::string& channel) override {
    core_->post([inbox = inbox_, channel](Core& core) { core.unsubscribe(channel, inbox); });
  }
  void publish(const std::string& channel, realtime::Publication publication,
               std::function<void(Result<realtime::Published>)> done) override {
    auto answer = [inbox = inbox_, done = std::move(done)](Result<realtime::Published> result) mutable {
      inbox->complete(
          [done = std::move(done), result = std::move(result)]() mutable { done(std::move(result)); });
    };
    core_->post(
        [channel, publication = std::move(publication), answer = std::move(answer)](Core& core) mutable {
          core.publish(channel, std::move(publication), std::move(answer));
        });
  }
  void put(const std::string& channel, std::vector<realtime::Record> records,
           std::function<void(Result<realtime::Put>)> done) override {
    auto answer = [inbox = inbox_, done = std::move(done)](Result<realtime::Put> result) mutable {
      inbox->complete(
          [done = std::move(done), result = std::move(result)]() mutable { done(std::move(result)); });
    };
    core_->post([channel, records = std::move(records), answer = std::move(answer)](Core& core) mutable {
      core.put(channel, std::move(records), std::move(answer));
    });
  }
  void extend_trail(const std::string& channel, const std::string& device,
                    std::vector<realtime::TrackPoint> points, std::function<void(ErrorCode)> done) override {
    auto answer = [inbox = inbox_, done = std::move(done)](ErrorCode error) {
      inbox->complete([done, error] { done(error); });
    };
    core_->post([channel, device, points = std::move(points), answer = std::move(answer)](
                    Core& core) mutable { core.extend_trail(channel, device, points, std::move(answer)); });
  }
  void change_members(const std::string& channel, realtime::MemberChanges changes) override {
    core_->post([inbox = inbox_, channel, changes = std::move(changes)](Core& core) mutable {
      core.change_members(channel, inbox, std::move(changes));
    });
  }

 private:
  std::shared_ptr<Core> core_;
  std::shared_ptr<realtime::BusInbox> inbox_;
};

RedisBus::RedisBus(asio::io_context& home, Settings settings)
    : core_{std::make_shared<Core>(home, std::move(settings))} {}

RedisBus::~RedisBus() = default;

void RedisBus::start() {
  core_->post([](Core& core) { core.start(); });
}

asio::awaitable<void> RedisBus::stop() { co_await runtime::run_on(core_->home(), core_->stop()); }

std::unique_ptr<realtime::BusClient> RedisBus::attach(asio::io_context& shard,
                                                      realtime::BusListener& listener) {
  return std::make_unique<Client>(core_, std::make_shared<realtime::BusInbox>(shard, listener));
}

void RedisBus::set_value(const std::string& channel, std::string body, std::int64_t time_ms) {
  core_->post([channel, body = std::move(body), time_ms](Core& core) mutable {
    core.set_value(channel, std::move(body), time_ms);
  });
}

void RedisBus::set_count(const std::string& channel, std::uint64_t count, std::int64_t time_ms) {
  core_->post([channel, count, time_ms](Core& core) { core.set_count(channel, count, time_ms); });
}

void RedisBus::read_trails(const std::string& channel, const std::string& device, TrailsRead done) {
  core_->post([channel, device, done = std::move(done)](Core& core) mutable {
    core.read_trails(channel, device, std::move(done));
  });
}

realtime::BusState RedisBus::state() const { return core_->state(); }

void RedisBus::write_metrics(MetricsText& out) const { core_->write_metrics(out); }

}  // namespace levee::redis
