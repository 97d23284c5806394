#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "levee/admission/play_out.hpp"
#include "levee/admission/turn.hpp"
#include "levee/base/clock.hpp"
#include "levee/delivery/reload_phases.hpp"
#include "levee/delivery/viewer_count.hpp"
#include "levee/delivery/viewer_token.hpp"

namespace levee::delivery {

/// The sessions of one stream that one shard knows.
struct SessionIds {
  std::string stream;
  std::vector<std::uint64_t> ids;
};

/// Viewers that have been served for so long that their beginning is over, and what it took.
struct Beginnings {
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;  ///< of media
};

/// What the token of a request says of its sender. Without a good one it is a newcomer.
struct Visit {
  bool good = false;
  bool settled = false;      ///< was let in, and has been served here, some seconds ago
  bool returning = false;    ///< was let in some seconds ago
  std::uint64_t id = 0;      ///< of its session
  std::uint32_t let_in = 0;  ///< seconds since 1970
  /// What is known of its buffer; null when its session is not kept. Lifetime: until the next visit.
  admission::PlayOut* play_out = nullptr;
  /// Where the bytes of media are counted that it is sent in its beginning; null after that. Lifetime: the
  /// same.
  std::uint64_t* begin_bytes = nullptr;
  /// Of whole playlists; null when its session is not kept. Lifetime: the same.
  Reloads* reloads = nullptr;

  explicit operator bool() const { return good; }
  /// Among those who wait for the same part.
  admission::Turn turn() const {
    return {settled, let_in, play_out != nullptr ? play_out->runs_dry() : TimePoint{}};
  }
};

/// The viewer sessions that one shard has served lately.
///
/// A token is verified when its session is first seen; after that it only has to be the same token. A forged
/// one is never stored, so strangers can't fill the memory: it grows with the tokens that this server issued.
///
/// A token is good for a day, and for as long as its viewer goes on watching; then for nothing. One that is
/// used more often than any player would was handed round: what is above that is no one's. Limits:
/// `max_sessions` for all streams; sessions beyond are served but not counted. Thread: its shard's. Time:
/// passed in.
class ViewerSessions {
 public:
  ViewerSessions(const ViewerTokens& tokens, Duration timeout, std::size_t max_sessions);

  /// A request with a token in its path.
  Visit seen(std::string_view stream, std::string_view token, TimePoint now, WallTime wall);

  /// Forgets those not seen for the timeout, and tells who is left.
  std::vector<SessionIds> collect(TimePoint now);

  std::size_t size() const { return size_; }

  /// Since the last call.
  Beginnings take_beginnings() { return std::exchange(beginnings_, {}); }

 private:
  struct Session {
    ViewerToken token;
    TimePoint first_seen;
    TimePoint last_seen;
    TimePoint second;  ///< the beginning of the second in which requests are counted
    unsigned requests = 0;
    std::uint32_t let_in = 0;  ///< by the first of its tokens that was seen
    admission::PlayOut play_out{};
    bool begins = true;
    std::uint64_t begin_bytes = 0;
    Reloads reloads{};
  };
  using Sessions = std::unordered_map<std::uint64_t, Session>;

  Visit visit(Session& session, bool kept, TimePoint now, WallTime wall);

  const ViewerTokens& tokens_;
  Duration timeout_;
  std::size_t max_sessions_;
  std::map<std::string, Sessions, std::less<>> streams_;
  std::size_t size_ = 0;
  Beginnings beginnings_;
};

/// Puts the sessions of all shards together: one that was seen on two of them counts once.
/// Thread: one.
class ViewerTally {
 public:
  explicit ViewerTally(std::size_t shards) : latest_(shards) {}

  /// Replaces what shard `shard` knows.
  void report(std::size_t shard, std::vector<SessionIds> sessions);

  /// The number of sessions of `stream` on any shard.
  std::size_t count(std::string_view stream) const;

 private:
  std::vector<std::vector<SessionIds>> latest_;
};

}  // namespace levee::delivery
