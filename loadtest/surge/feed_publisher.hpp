#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "surge/feed_truth.hpp"
#include "surge/realtime_client.hpp"
#include "surge/realtime_report.hpp"
#include "surge/scenario.hpp"

namespace levee::surge {

/// One feed of the run: its name, what was said of it, and when its publisher was last lost.
struct Feed {
  std::string channel;
  std::uint64_t epoch = 0;  ///< of its publisher: when the run began, Unix time in ms
  FeedTruth truth;
  TimePoint lost_at{};  ///< zero: never
};

/// The publisher of one feed: says its keys in turn, so many records a second, vouches for them, now and then
/// says an old one again, and after every loss of its connection begins anew with all it has.
///
/// Lifetime: what is given outlives it. Thread: the network's. Source: docs/protocol.md, For those who
/// publish.
class FeedPublisher final : public RealtimeClient {
 public:
  FeedPublisher(Network& network, const RealtimePlace& place, FeedReport& report, Feed& feed,
                const FeedClients& settings, std::uint32_t seed);

  /// It says its first records at `begin`, when it is connected by then.
  void publish_from(TimePoint begin);

 private:
  /// When the next records are due.
  struct Pulse final : surge::WheelTimer {
    explicit Pulse(FeedPublisher& of) : publisher{of} {}
    void fire(TimePoint, TimePoint now) override { publisher.say_due(now); }
    FeedPublisher& publisher;
  };

  std::string wanted() const override { return {}; }
  void welcomed(TimePoint now) override;
  void heard(std::string_view text, TimePoint now) override;
  void gone(TimePoint now) override;

  void begin_session();
  void say_all();
  void say_due(TimePoint now);
  void vouch(TimePoint now);
  void send_records(std::uint64_t request, const std::string& records);
  std::string record(std::size_t key, std::uint64_t number) const;

  Network& network_;
  FeedReport& report_;
  Feed& feed_;
  const FeedClients& settings_;
  Pulse pulse_{*this};
  Duration every_{};
  TimePoint next_record_{};
  TimePoint next_vouching_{};
  std::size_t next_key_ = 0;
  std::uint64_t request_ = 0;
  std::uint64_t opening_ = 0;  ///< the request that begins the session; 0: none
  std::uint64_t syncing_ = 0;  ///< the one that ends its beginning; 0: none
  bool may_speak_ = false;
};

}  // namespace levee::surge
