#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "surge/keyed_frame.hpp"
#include "surge/server_life.hpp"

namespace levee::surge {

/// What one watcher of a `state` or `track` channel holds, and what of it it may show as live: the rules of
/// levee-client, so that whatever is wrongly live is the server's fault, or the rules'. On its way it counts
/// what no server may do.
///
/// Thread: one. Time: passed in. Source: docs/protocol.md, Feeds.
class KeyedView {
 public:
  /// One key as it is held.
  struct Held {
    KeyedVersion version;
    std::uint64_t number = 0;
    std::int64_t time_ms = 0;
    std::int64_t vouched_ms = 0;
    std::int64_t ttl_ms = 0;
    bool marked = false;
    bool owned = false;  ///< the last snapshot, or something after it, spoke of it
  };
  struct Faults {
    std::uint64_t missed = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t out_of_order = 0;

    /// Adds what has come since `noted` to a report's counters, and notes it.
    template <class Report>
    void add_news_to(Report& report, Faults& noted) const {
      report.missed += missed - noted.missed;
      report.duplicates += duplicates - noted.duplicates;
      report.out_of_order += out_of_order - noted.out_of_order;
      noted = *this;
    }
  };
  /// A value that was new to it.
  struct News {
    std::size_t key = 0;
    bool pushed = false;  ///< not a snapshot's: it has just come into being
  };

  explicit KeyedView(std::size_t keys) : held_(keys) {}

  /// Takes a frame. False: something is missing; the channel is to be asked for again.
  bool take(const KeyedFrame& frame, ServerLife& life, TimePoint now);
  /// The connection is gone.
  void lost();
  /// Call from time to time. False: as `take`.
  bool check(TimePoint now);

  /// Whether all of it is vouched for now, but for the keys' own marks and ages.
  bool vouched(const ServerLife& life, TimePoint now) const { return synced_ && life.fresh(now); }
  /// Whether this watcher shows the key as live now: a `state`'s rule.
  bool live(std::size_t key, const ServerLife& life, TimePoint now) const;
  /// The most that can have passed since the server's `time_ms`.
  static double elapsed_ms(std::int64_t time_ms, const ServerLife& life, TimePoint now) {
    return life.clock().latest_ms(now) - static_cast<double>(time_ms);
  }

  const std::vector<Held>& held() const { return held_; }
  bool synced() const { return synced_; }
  /// Since when without a break, and on this connection.
  TimePoint synced_since() const { return synced_since_; }
  /// `{"ch":"NAME","pos":{…}}`.
  std::string wanted(const std::string& channel) const;
  const Faults& faults() const { return faults_; }
  /// The values that the last frame brought.
  const std::vector<News>& news() const { return news_; }

 private:
  struct Top {
    std::uint64_t offset = 0;
    TimePoint by;
  };
  void begin(const KeyedFrame& frame, ServerLife& life);
  bool take_push(const KeyedFrame& frame);
  bool take_top(const KeyedFrame& frame, const ServerLife& life, TimePoint now);
  void take_record(const KeyedRecord& record, bool pushed);
  void in_sync(TimePoint now);
  bool missed();

  std::vector<Held> held_;
  std::string epoch_;
  std::optional<std::uint64_t> offset_;
  std::optional<Top> top_;   ///< where a heartbeat said that the end is, and until when that may take to come
  std::uint64_t begun_ = 0;  ///< how often the server had been heard when the snapshot began
  bool placed_ = false;      ///< the snapshot is whole, and what comes is placed after it
  bool synced_ = false;
  TimePoint synced_since_{};
  Faults faults_;
  std::vector<News> news_;
};

}  // namespace levee::surge
