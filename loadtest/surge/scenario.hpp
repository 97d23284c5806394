#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "levee/base/clock.hpp"

namespace levee::surge {

/// What happens to the target in a run. Incumbents are always in and steady first.
enum class Profile {
  surge,            ///< newcomers arrive within a short time
  ramp,             ///< newcomers arrive evenly over a long time
  stairs,           ///< newcomers arrive in steps, each held, until a threshold breaks or all are in
  spike_and_leave,  ///< a surge whose newcomers soon leave again, all at once
  reconnect,        ///< every connection is dropped at once; all come back as the same viewers
  weak,             ///< a surge while a share of the viewers has a capped or stuttering link
  slow_readers,     ///< a share of clients asks for media and hardly reads it
  flapping,         ///< a share of viewers goes and comes again and again
  publisher_blink,  ///< the publisher drops and returns while everyone watches
};

/// As written in a scenario: "surge", "spike-and-leave". In the order of `Profile`.
inline constexpr std::array<std::string_view, 9> kProfileNames{
    "surge", "ramp",         "stairs",   "spike-and-leave", "reconnect",
    "weak",  "slow-readers", "flapping", "publisher-blink"};

/// A viewer's own network, applied inside the client: no shaping by the kernel is assumed.
struct LinkModel {
  std::uint64_t rate_bps = 0;  ///< most bits a second that the client reads; 0: no cap
  Duration stutter_every{0};   ///< from one stop of all reading to the next; 0: none
  Duration stutter_for{0};     ///< how long reading stops
};

/// The player that every viewer is.
struct PlayerSettings {
  bool low_latency = true;  ///< parts and blocking reloads where the server offers them
  /// Media that has to be there for the first frame, and to go on after a stall. Zero: one part or segment,
  /// as hls.js does; where a viewer begins is told by the playlist (PART-HOLD-BACK or HOLD-BACK).
  Duration start_buffer{0};
  Duration buffer_goal = std::chrono::seconds{12};  ///< a plain viewer fetches no further ahead
  /// The rung that a viewer begins on: "auto" by its estimate, "first" as the playlist lists, "lowest",
  /// "highest", or the name of a rendition.
  std::string start_rung = "auto";
  bool adapt = true;                                    ///< changes rungs by its own estimate
  Duration request_timeout = std::chrono::seconds{10};  ///< without a byte; a blocking reload's time is extra
  unsigned connections = 1;  ///< a viewer's, at most; at low latency two at least, of which one waits
  /// reconnect: who has nothing under way reloads its playlist at once. False: it notices with its next
  /// request, when that is due, as in a browser, which tells nobody that an idle connection is gone.
  bool reload_on_drop = true;
};

/// The connections that a viewer may have at once.
constexpr unsigned connections_of(const PlayerSettings& player) {
  const unsigned least = player.low_latency ? 2 : 1;
  return player.connections > least ? player.connections : least;
}

/// Incumbents: in and steady before the surge.
struct Incumbents {
  std::uint32_t count = 100;
  Duration within = std::chrono::seconds{10};  ///< they arrive evenly over this time
};

/// Newcomers: arrive from t0 on, whatever the server does (open loop).
struct Newcomers {
  std::uint32_t count = 1000;
  Duration within = std::chrono::seconds{1};
  std::uint32_t steps = 1;                        ///< stairs: in how many equal steps
  Duration step_hold = std::chrono::seconds{10};  ///< stairs: from one step to the next
  Duration leave_after{0};  ///< spike-and-leave: from t0 to when they all leave; 0: they stay
};

/// The share of viewers on a bad network. They are a cohort of their own.
struct WeakViewers {
  double share = 0;  ///< of the incumbents, and of the newcomers; 0..1
  LinkModel link;
};

/// Clients that ask for media and take it this slowly. A cohort of their own; they are not players.
struct SlowReaders {
  std::uint32_t count = 0;
  std::uint64_t rate_bps = 10'000;
};

/// Viewers that go and come again from t0 on. A cohort of their own, taken from the incumbents.
struct FlappingViewers {
  double share = 0;                       ///< of the incumbents; 0..1
  Duration up = std::chrono::seconds{3};  ///< watching
  Duration down = std::chrono::seconds{1};
};

/// Where realtime clients go.
struct RealtimeEndpoint {
  std::string url;    ///< ws://HOST:PORT/rt
  std::string token;  ///< JWT that may publish to the feeds and report to the groups; empty: anyone may
};

/// Clients of the realtime endpoint that read a chat and sometimes write to it.
struct ChatClients {
  std::uint32_t count = 0;
  std::string url;                 ///< empty: the realtime endpoint's
  std::string channel;             ///< "chat:NAME"; empty: of the target's stream
  double messages_per_second = 1;  ///< of all clients together
};

/// Publishers of feeds, clients that watch them, and of these some that act on what they see.
struct FeedClients {
  std::uint32_t watchers = 0;
  std::uint32_t publishers = 1;        ///< each of a feed of its own; watchers are dealt to them in turn
  std::string channel = "feed:surge";  ///< with the feed's number at its end
  std::uint32_t keys = 20;             ///< of each feed
  double records_per_second = 50;      ///< of each feed, over all its keys
  Duration ttl = std::chrono::seconds{3};
  double acting = 0;  ///< share of the watchers that act, in turn on what is live and on what is old
  Duration act_every = std::chrono::seconds{2};
  double sleeping = 0;  ///< share of the watchers that stop reading, once in `sleep_every`
  Duration sleep_for = std::chrono::seconds{4};
  Duration sleep_every = std::chrono::seconds{12};
  Duration blink_every{0};  ///< from t0 on, each publisher loses its connection this often; 0: never
  Duration blink_for = std::chrono::seconds{2};
};

/// Devices that report where they are, and clients that watch them.
struct TrackClients {
  std::uint32_t devices = 0;
  std::uint32_t watchers = 10;
  std::string channel = "track:surge";
  double speed_mps = 10;
  double offline = 0;  ///< share of the devices that lose their network once in `offline_every`, from t0 on
  Duration offline_for = std::chrono::seconds{8};
  Duration offline_every = std::chrono::seconds{20};
};

/// What the harness publishes by itself, so that a run needs nothing else.
struct Publisher {
  std::string flv_file;      ///< sent in real time, in a loop; empty: the harness publishes nothing
  std::string rtmp_url;      ///< rtmp://HOST:PORT/APP/KEY
  std::uint32_t blinks = 0;  ///< publisher-blink: how many times it drops
  Duration blink_for = std::chrono::seconds{3};     ///< away
  Duration blink_every = std::chrono::seconds{15};  ///< from one drop to the next; the first is at t0
  bool abrupt = true;  ///< drops by a reset of the connection; false: says goodbye first
};

/// How `levee-surge limit` searches. It grows a number until the thresholds break, then halves the interval.
struct LimitSearch {
  std::uint32_t least = 100;     ///< viewers; the first try
  std::uint32_t most = 100'000;  ///< viewers; the search ends here at the latest
  double precision = 0.05;       ///< of the result: it ends when the interval is this small a share of it
  Duration settle = std::chrono::seconds{5};  ///< from one try to the next
  /// Of a steady audience, at most so many arrive in a second: it is to be carried, not to be a surge.
  double arrivals_per_second = 100;
  bool steady = true;  ///< looks for the largest audience that is served steadily
  bool surge = true;   ///< looks for the largest surge on the given incumbents
};

/// Where results go. Empty: not written.
struct Outputs {
  std::string json;
  std::string html;
  bool progress = true;  ///< the live line on standard error
};

/// Everything that a run does: read from a scenario file, overridden by flags. Plain data.
struct Scenario {
  std::string name;         ///< of the file, without its ending
  std::string description;  ///< one line, for people

  std::vector<std::string> targets;  ///< URLs of multivariant playlists; viewers are spread evenly
  std::string metrics_url;           ///< the server's Prometheus text; empty: the server is not looked into
  bool i_own_this_target = false;    ///< allows a target that is not loopback

  Profile profile = Profile::surge;
  Incumbents incumbents;
  Newcomers newcomers;
  WeakViewers weak;
  SlowReaders slow_readers;
  FlappingViewers flapping;
  RealtimeEndpoint realtime;
  ChatClients chat;
  FeedClients feed;
  TrackClients track;
  PlayerSettings player;
  Publisher publisher;

  Duration warm_up =
      std::chrono::seconds{10};  ///< from the last incumbent's arrival to t0; "before" is measured
  Duration hold = std::chrono::seconds{30};  ///< from the last arrival on; "surge" is measured until its end
  Duration cool_down = std::chrono::seconds{5};  ///< after it; "after" is measured

  std::uint64_t seed = 1;  ///< of everything random
  /// Processes that share the run, and which of them this one is. In a file: those on one host.
  std::uint32_t agents = 1;
  std::uint32_t agent_index = 0;
  bool busy_poll = false;  ///< never sleep: each agent takes its core whole
  /// Wall-clock start that all agents agreed on, in Unix milliseconds; 0: at once.
  std::int64_t start_at_ms = 0;

  std::vector<std::string> thresholds;  ///< "incumbents.stalled_fraction == 0"
  LimitSearch limit;
  Outputs outputs;
};

/// The viewers of `total` that the agent `index` of `agents` plays: shares differ by one at most and add up.
constexpr std::uint32_t share_of(std::uint32_t total, std::uint32_t agents, std::uint32_t index) {
  return total / agents + (index < total % agents ? 1 : 0);
}

}  // namespace levee::surge
