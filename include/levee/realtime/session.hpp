#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "levee/base/clock.hpp"
#include "levee/base/metrics.hpp"
#include "levee/realtime/connection.hpp"
#include "levee/realtime/feed_session.hpp"
#include "levee/realtime/hello_gate.hpp"
#include "levee/realtime/identity.hpp"
#include "levee/realtime/token_bucket.hpp"
#include "levee/realtime/wire.hpp"

namespace levee::realtime {

class Hub;
struct HubTopic;

/// One client: what it is called, what it subscribed to and where it is in that. Answers its requests.
///
/// Lifetime: made by Hub::open; destroying it is leaving. The hub outlives it.
/// Thread: the hub's. Time: pure.
class Session {
 public:
  Session(Hub& hub, Connection& connection, std::uint64_t key, std::size_t phase);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Takes one message of the client; answers are pushed to the connection and flushed.
  /// `wall_ms` is Unix time.
  void receive(std::string_view text, TimePoint now, std::int64_t wall_ms);

  /// The connection took everything: it is given what it missed meanwhile.
  void writable();

  /// Whether the client said hello.
  bool greeted() const { return !id_.empty(); }
  /// Until when a client that was told to say hello later may be silent.
  TimePoint waits_until() const { return waits_until_; }
  /// How many of the usual heartbeats one of this client's lasts, and the patience with its silence.
  unsigned pace() const { return pace_; }
  const std::string& id() const { return id_; }
  /// What others call this person.
  const std::string& user() const { return identity_.known() ? identity_.user : id_; }

 private:
  friend class Hub;

  /// How the channel was asked for.
  struct Asked {
    std::optional<std::uint64_t> number;
    std::optional<Position> since;
  };
  struct Subscription {
    HubTopic* topic = nullptr;
    std::size_t place = 0;  ///< among the topic's subscribers
    Cursor cursor;
    std::unique_ptr<Asked> waiting;  ///< for the channel's first snapshot; null: it was answered
  };
  struct Now {
    TimePoint time;
    std::int64_t wall_ms;
  };
  using Number = std::optional<std::uint64_t>;

  void handle(Number number, Hello& hello, const Now& now);
  void handle(Number number, Subscribe& wanted, const Now& now);
  void handle(Number number, Unsubscribe& unwanted, const Now& now);
  void handle(Number number, SetNickname& wanted, const Now& now);
  void handle(Number number, Publish& wanted, const Now& now);
  void handle(Number number, Moderate& wanted, const Now& now);
  void handle(Number number, Ping& ping, const Now& now);
  // What publishers, devices and those who act say: session_feeds.cpp, session_tracks.cpp.
  void handle(Number number, OpenSource& wanted, const Now& now);
  void handle(Number number, PublishItems& wanted, const Now& now);
  void handle(Number number, SourceState& state, const Now& now);
  void handle(Number number, Act& act, const Now& now);
  void handle(Number number, ReportFixes& report, const Now& now);

  /// Who this is, of the tokens shown. Errors: Errc::bad_token.
  Result<Arrival> recognise(const Hello& hello, std::int64_t wall_ms);
  void welcome(bool resumed, std::int64_t wall_ms);
  void subscribe(Number number, Subscribe wanted, TimePoint now);
  ErrorCode check_publish(const Publish& wanted) const;
  void publish(Number number, const std::string& channel, Publication publication, Counter& counter);
  void published(Number number, const std::string& channel, const Result<Published>& result);
  void answer_start(Subscription& subscription);
  bool refuse_flood(Number number, TimePoint now);
  void refuse(Number number, ErrorCode error, std::optional<Retry> retry = {}, std::string_view channel = {});
  void push(std::string_view text);
  Subscription* find(std::string_view channel);

  /// A feed that this client publishes to, or a track that it reports to: carried as long as it is here.
  struct Held {
    HubTopic* topic = nullptr;
    std::optional<FeedSession> source;  ///< of a feed, once the bus has taken its beginning
    std::string epoch;                  ///< of the channel in which that was
    std::size_t gaps_counted = 0;
  };
  /// Null: there are too many.
  Held* hold(const std::string& channel, const Channel& parsed, TimePoint now);
  Held* held(std::string_view channel);
  bool may_publish(std::string_view channel) const;
  void begin_source(std::uint64_t number, const std::string& channel, std::uint64_t epoch);
  void put(Number number, const std::string& channel, std::vector<Record> records);
  /// Whether the bus has lost what the source said before this; then its session is over.
  bool lost_session(const std::string& channel, const Position& at);
  void accept(std::uint64_t number, const Act& act, const Judgement& judgement, std::int64_t wall_ms);
  void acted(std::uint64_t number, const Act& act, const Judgement& judgement,
             const Result<Published>& result, std::int64_t wall_ms);
  bool may_report(const ReportFixes& report) const;
  void answer_report(Number number, const ReportFixes& report, ErrorCode failed);
  void leave_feeds();

  Hub& hub_;
  Connection& connection_;
  std::uint64_t key_;      ///< of the hub's table
  std::size_t phase_;      ///< of its heartbeat
  std::size_t place_ = 0;  ///< among those of its phase
  std::uint8_t pace_ = 1;  ///< it gets one heartbeat in so many
  std::uint8_t beats_ = 0;
  bool in_turn_ = false;  ///< waits for its next turn to be given more
  std::string id_;
  Identity identity_;
  std::string nickname_;
  TimePoint waits_until_{};
  TokenBucket requests_;
  TokenBucket refusals_;
  std::vector<Subscription> subscriptions_;
  std::vector<Held> held_;
};

}  // namespace levee::realtime
