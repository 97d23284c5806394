#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "levee/base/clock.hpp"
#include "levee/base/metrics.hpp"
#include "levee/realtime/bus.hpp"
#include "levee/realtime/chat_filter.hpp"
#include "levee/realtime/connection.hpp"
#include "levee/realtime/fanout_pace.hpp"
#include "levee/realtime/hello_gate.hpp"
#include "levee/realtime/identity.hpp"
#include "levee/realtime/roster.hpp"
#include "levee/realtime/session.hpp"
#include "levee/realtime/token_bucket.hpp"
#include "levee/realtime/topic.hpp"
#include "levee/realtime/track_rates.hpp"

namespace levee::realtime {

/// The rates and bounds of a shard's hub.
struct HubSettings {
  Rate requests{std::chrono::milliseconds{100}, 40};  ///< of one connection
  Rate chat{std::chrono::seconds{1}, 5};              ///< of one person, through this shard
  Rate publisher_requests{std::chrono::milliseconds{10},
                          200};  ///< of one that may publish to feeds or tracks
  std::size_t log_rate = 30;     ///< messages of a chat that one subscriber is given a second; 0: all
  HelloGate::Rates hellos = {};
  const ChatFilter* filter = nullptr;  ///< null: every text is let through. Lifetime: outlives the hub
  Roster::Settings presence = {};
  Duration resume_ttl = std::chrono::hours{24};
  /// How many clients a second this node can take back; sets the reconnect window.
  std::size_t takes_back_per_second = 3000;
  std::size_t max_topics = 10'000;
  bool publish_open = false;  ///< anyone may publish to feeds and report to tracks: for development
  ActRules acts = {};
  TrackRates track_rates = {};
  std::vector<Checkpoint> checkpoints = {};
  /// What the calling thread has used of a processor, for the pace of the fan-out.
  std::function<Duration()> thread_cpu = [] { return Duration::zero(); };
};

/// What a hub counted since it began.
struct HubCounters {
  Gauge sessions;  ///< that said hello
  Gauge subscriptions;
  Gauge topics;
  Counter received;   ///< messages from clients
  Counter refused;    ///< of these
  Counter published;  ///< chat messages taken by the bus
  Counter publish_failed;
  Counter feed_taken;    ///< records of feeds: newer than what was there, or confirming it
  Counter feed_old;      ///< dropped: lower or equal sequence
  Counter feed_full;     ///< dropped: too many keys
  Counter feed_gaps;     ///< jumps in sources' sequences
  Counter feed_sources;  ///< source sessions begun
  Counter feed_marked;   ///< keys that this shard found silent first, and watches told of
  Counter acts_accepted;
  Counter acts_stale;       ///< refused: the key was stale or closed
  Counter acts_superseded;  ///< refused
  Counter acts_unknown;     ///< refused
  Counter track_reports;    ///< fixes of devices, backlog included
  Counter track_backlog;    ///< of these
  Counter moderated;        ///< actions of moderators taken by the bus
  Counter rule_refusals;    ///< chat messages that a chat's rules or the filter refused
  Counter resumed;          ///< sessions that came back with a token
  Counter recovered;        ///< log subscriptions that were given all they had missed
  Counter not_recovered;    ///< log subscriptions that asked for it in vain
  TopicCounters topics_counted;
};

/// What is known of a device that reports through this shard.
struct TrackedDevice {
  RateMemory rate;
  std::uint64_t boot = 0;
  std::set<std::uint64_t> received;  ///< kMaxReceived of this boot's sequences, the highest
  static constexpr std::size_t kMaxReceived = 2000;
};

/// A channel with its subscribers on this shard.
struct HubTopic {
  std::unique_ptr<Topic> topic;
  bool is_set = false;
  std::vector<Session*> subscribers;
  std::vector<std::variant<SnapshotPtr, MessagePtr>> arrived;
  bool listed = false;  ///< among the hub's changed ones
  bool asked = false;   ///< for a new snapshot
  TimePoint prepared_at{};
  RoundPace pace;
  TimePoint next_beat{};     ///< of a topic with heartbeats of its own
  SharedBytes beat;          ///< goes to each subscriber in the pass under way, after what it lacks
  std::size_t to_serve = 0;  ///< subscribers[0 .. to_serve) have not been given the newest yet
  bool passing = false;
  TimePoint opened_at{};
  bool idle = false;
  TimePoint idle_since{};
  std::size_t held = 0;  ///< sources and devices that need it, subscribed or not
  std::vector<std::function<void(bool ready)>>
      waiting;  ///< for the first snapshot; told false: it does not come
  std::unordered_map<std::string, TrackedDevice> devices;  ///< of a `track`, those that report here
  std::vector<Checkpoint> checkpoints;                     ///< of a `track`
};

/// All realtime clients and channels of one shard: the engine under every kind of channel.
///
/// What arrives from the bus waits for `tick`, where each channel's policy (Topic) merges it; then the
/// subscribers are served, in rounds and slices (RoundPace, SlicePace): rooms take turns, and the thread's
/// other work goes on. A connection is given everything of all its channels in one flush. One that is not
/// ready is given nothing and has nothing queued: it is served by its cursors when it is ready again.
///
/// Thread: one, its shard's. Time: pure; `wake` is called when `deadline` may have come nearer.
/// Lifetime: sessions end before the hub; the bus outlives it.
class Hub final : public BusListener {
 public:
  static constexpr Duration kHeartbeat = std::chrono::seconds{15};
  static constexpr unsigned kSlowestPace = 8;  ///< heartbeats in one of a client that asked for slow ones
  static constexpr Duration kBusPatience = std::chrono::seconds{5};  ///< for the first snapshot of a channel
  static constexpr Duration kLinger = std::chrono::seconds{30};      ///< of a channel without subscribers

  Hub(HubSettings settings, Bus& bus, boost::asio::io_context& shard, Identities& identities, Framer framer,
      std::function<void()> wake);
  ~Hub() override;
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  /// A new client. Lifetime: `connection` outlives the session.
  std::unique_ptr<Session> open(Connection& connection);

  /// Does all that is due. `wall_ms` is Unix time.
  void tick(TimePoint now, std::int64_t wall_ms);
  /// When to call `tick` next.
  TimePoint deadline() const;

  /// From which to draw how long to wait before coming back.
  Retry reconnect_window() const;

  /// What a source without a connection says, as it was POSTed; `token` says who it is.
  struct Post {
    std::string channel;
    std::string token;
    std::string body;
  };
  /// The answer to it. Units: `status` is HTTP's.
  struct PostAnswer {
    int status = 200;
    std::string body;
  };
  /// Puts a post's records into their feed. `done` is called once, here or later on the shard.
  void post(Post post, TimePoint now, std::int64_t wall_ms, std::function<void(PostAnswer)> done);

  std::size_t session_count() const { return sessions_.size(); }
  const HubCounters& counters() const { return counters_; }
  const HelloGate& gate() const { return gate_; }

  void reset(const std::string& channel, const SnapshotPtr& snapshot) override;
  void message(const std::string& channel, const MessagePtr& message) override;
  void overflowed() override;

 private:
  friend class Session;
  static constexpr std::size_t kPhases = 15;  ///< heartbeats are spread over these

  HubTopic* open_topic(const Channel& parsed, const std::string& channel, TimePoint now);
  void join(HubTopic& topic, Session& session);
  void leave(Session& session, std::size_t subscription);
  void note(HubTopic& topic);
  void take_arrivals(HubTopic& topic, TimePoint now);
  void prepare(HubTopic& topic, TimePoint now);
  void ask_anew(HubTopic& topic);
  void prepare_changed(TimePoint now);
  /// When what came to the topic is to go out.
  TimePoint due(const HubTopic& topic) const;
  void begin_pass(HubTopic& topic);
  void serve_slice(TimePoint now);
  void serve_some(HubTopic& topic);
  void serve_some_turns();
  /// Whether the slice is over. What was done in it since this was asked last was done for `spent`; null: for
  /// no round.
  bool slice_over(RoundPace* spent);
  void begin_beats(TimePoint now, std::int64_t wall_ms);
  /// Gives the session all it lacks, and `last` (may be null); true: it has more coming and is ready for it.
  bool serve(Session& session, const SharedBytes& last = {});
  /// The same for one that can take more again.
  void serve_writable(Session& session);
  void take_turn_later(Session& session);
  void send_heartbeats(TimePoint now, std::int64_t wall_ms);
  void give_up_waiting(TimePoint now);
  void forget(HubTopic& topic);
  void close_idle(TimePoint now);
  void note_idle(HubTopic& topic);
  void hold(HubTopic& topic);
  void release(HubTopic& topic);
  /// Runs `work` when the topic has its first snapshot, or is known not to get one.
  void when_ready(HubTopic& topic, std::function<void(bool ready)> work);
  void tell_ready(HubTopic& topic, bool ready);
  void tell_overdue(HubTopic& topic, TimePoint now);
  void look_for_overdue(TimePoint now);
  Session* session(std::uint64_t key);
  void put_posted(HubTopic& topic, PostedItems& posted, std::function<void(PostAnswer)> done);
  /// How long until this person may write again; zero: now, and it counts as written.
  Duration chat_wait(const std::string& user, TimePoint now);
  void forget_quiet(TimePoint now);

  HubSettings settings_;
  Identities& identities_;
  Framer framer_;
  std::function<void()> wake_;
  HubCounters counters_;
  HelloGate gate_;
  std::unordered_map<std::string, TokenBucket> chat_;  ///< of those who wrote lately
  Roster roster_;
  std::unordered_map<std::string, std::unique_ptr<HubTopic>> topics_;
  std::unordered_map<std::uint64_t, Session*> sessions_;
  std::array<std::vector<Session*>, kPhases> phases_;
  std::size_t next_phase_ = 0;
  TimePoint next_heartbeat_{};
  std::uint64_t next_key_ = 0;
  std::vector<HubTopic*> changed_;  ///< something arrived, or a pass waits for its interval
  std::deque<HubTopic*> passing_;   ///< subscribers are being served, some of each in turn
  std::vector<HubTopic*> unready_;
  std::vector<HubTopic*> beating_;  ///< those with heartbeats of their own
  WallClock wall_;
  std::deque<std::uint64_t> turns_;                     ///< sessions that are given more, in turn
  std::deque<std::pair<TimePoint, std::string>> idle_;  ///< when to look at it
  TimePoint now_{};                                     ///< of the last tick or request
  SlicePace slices_;
  Duration cpu_{};                  ///< of the thread, when it was last looked at in the slice under way
  std::unique_ptr<BusClient> bus_;  ///< last: its callbacks end first
};

}  // namespace levee::realtime
