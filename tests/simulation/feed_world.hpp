#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "levee/realtime/hub.hpp"
#include "levee/realtime/memory_bus.hpp"

#include "events.hpp"
#include "feed_client.hpp"

namespace levee::simulation {

class FeedWorld;

/// A connection as TCP has it: in order, late, now and then stalled, cut, or dead without anybody being told.
/// What the kernel holds can't be taken back.
class Line final : public realtime::Connection, public std::enable_shared_from_this<Line> {
 public:
  Line(FeedWorld& world, std::function<void(std::string)> to_client, std::function<void()> ended)
      : world_{world}, to_client_{std::move(to_client)}, ended_{std::move(ended)} {}

  /// From the client, and its end of it.
  void send(const std::string& text);
  void close_by_client();

  // The server's end.
  bool ready() const override { return held_ < kKernelBytes; }
  void push(const SharedBytes& frames) override;
  void flush() override {}
  void close(int) override { cut(); }

  void stall(Duration time);
  void die_silently() { dead_ = true; }
  /// The next push of the feed does not arrive, though the connection goes on: as behind a bad proxy.
  void lose_a_push() { loses_ = true; }
  void cut();
  bool over() const { return over_; }
  std::unique_ptr<realtime::Session> session;

 private:
  static constexpr std::size_t kKernelBytes = 16 * 1024;
  TimePoint arrival(TimePoint& last);

  FeedWorld& world_;
  std::function<void(std::string)> to_client_;
  std::function<void()> ended_;
  TimePoint stalled_until_{};
  TimePoint last_to_client_{};
  TimePoint last_to_server_{};
  std::size_t held_ = 0;
  bool dead_ = false;
  bool over_ = false;
  bool loses_ = false;
};

/// A source of prices, real clients' twins, and the server's real code, in virtual time. Everything that
/// happens follows from the seed.
class FeedWorld {
 public:
  FeedWorld(std::uint64_t seed, FeedMutant mutant);
  ~FeedWorld();

  /// Runs 60 s of trouble and 40 s of calm. What was broken, in the order of time; empty: nothing.
  std::vector<std::string> run();

 private:
  friend class Line;
  struct Watcher {
    std::shared_ptr<Line> line;
    std::unique_ptr<FeedClient> client;
    std::int64_t clock_off_ms = 0;
    double drift = 0;
    std::map<std::string, realtime::Version> shown;
  };
  struct Price {
    std::uint64_t sequence = 0;
    std::int64_t ttl = 0;
    std::int64_t least_ms = 0, most_ms = 0;  ///< between two
    std::deque<std::string> lately;          ///< as they were sent
  };
  struct Truth {
    realtime::Version newest;
    std::map<realtime::Version, TimePoint> superseded;
  };

  std::int64_t wall() const { return events_.wall_ms(); }
  std::int64_t clock(const Watcher& watcher) const;
  void begin_server();
  void crash();
  void serve();
  void connect(Watcher& watcher);
  void connect_source();
  void source_received(const std::string& text);
  void source_sends(const std::string& text);
  void reload(Watcher& watcher);
  void price_moves(const std::string& name);
  void beat();
  void trouble();
  void watch();
  void note_taken(const std::string& text);
  void broken(const std::string& what);

  Chance chance_;
  FeedMutant mutant_;
  Events events_;
  boost::asio::io_context context_;
  std::unique_ptr<realtime::MemoryBus> bus_;
  std::unique_ptr<realtime::Identities> identities_;
  std::unique_ptr<realtime::Hub> hub_;
  bool up_ = false;
  int lives_ = 0;
  std::vector<std::unique_ptr<Watcher>> watchers_;
  std::map<std::string, Price> prices_;
  std::map<std::string, Truth> truth_;
  std::shared_ptr<Line> source_;
  std::vector<std::weak_ptr<Line>> lines_;
  std::uint64_t source_epoch_ = 1;
  bool source_begun_ = false;
  TimePoint source_heard_{};
  TimePoint server_lost_memory_{};
  bool calm_ = false;
  std::vector<std::string> broken_;
};

}  // namespace levee::simulation
