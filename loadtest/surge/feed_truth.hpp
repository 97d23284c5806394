#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "levee/base/clock.hpp"

#include "surge/said_ring.hpp"

namespace levee::surge {

/// What the publisher of a feed said and when, on the clock on which the watchers are judged: whether what
/// one of them shows as live may be.
///
/// What is on its way to the server, or whose answer is, may have arrived at any time: it is never held
/// against anyone. Time: passed in. Thread: one.
class FeedTruth {
 public:
  /// `bound`: for how long a value that was superseded may be shown as live.
  FeedTruth(std::size_t keys, Duration ttl, Duration bound) : keys_(keys), ttl_{ttl}, bound_{bound} {}

  /// The publisher says a new value of the key, with request `request`; gives its number. `due`: when it was
  /// to.
  std::uint64_t say(std::size_t key, std::uint64_t request, TimePoint due, TimePoint now);
  /// It says the key's newest value once more, or that all it said stands (`alive`).
  void confirm(std::size_t key, std::uint64_t request);
  void confirm_all(std::uint64_t request);
  /// The server answered.
  void taken(std::uint64_t request, TimePoint now);
  void refused(std::uint64_t request) { under_way_.erase(request); }
  /// The connection is gone: what was not answered arrived by now, or never.
  void lost(TimePoint now);

  std::uint64_t newest(std::size_t key) const { return keys_[key].newest; }
  /// When that number was due to be said; nothing when it was not, of that key.
  const SaidRing::Said* said(std::size_t key, std::uint64_t number);
  /// Whether a watcher may show this number of the key as live.
  bool may_be_live(std::size_t key, std::uint64_t number, TimePoint now);
  /// Whether the value has been superseded for at least so long.
  bool superseded_for(std::size_t key, std::uint64_t number, Duration least, TimePoint now);

 private:
  struct Key {
    std::uint64_t newest = 0;
    TimePoint vouched{};  ///< the latest at which the server can have been told that it stands
  };
  struct Request {
    std::vector<std::uint64_t> numbers;  ///< new ones
    std::vector<std::size_t> keys;       ///< confirmed ones
    bool all = false;
  };

  bool is_under_way(std::size_t key);
  void settle(const Request& request, TimePoint now, bool is_known);
  void supersede(std::uint64_t number, TimePoint now);

  std::vector<Key> keys_;
  SaidRing said_;
  Duration ttl_;
  Duration bound_;
  std::map<std::uint64_t, Request> under_way_;
};

}  // namespace levee::surge
