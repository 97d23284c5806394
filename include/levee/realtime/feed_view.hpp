#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "levee/base/clock.hpp"
#include "levee/realtime/feed_record.hpp"

namespace levee::realtime {

/// What may be acted on.
struct ActRules {
  /// How long an act on a superseded value is still taken: the time that it needs to get here.
  Duration quote_life = std::chrono::milliseconds{500};
};

/// Why an act was refused, or `accepted`.
enum class ActVerdict : std::uint8_t {
  accepted,
  stale,       ///< the key is stale or closed
  superseded,  ///< a newer value came too long ago
  unknown,     ///< no such key, or it never had this value as far as we know
};

/// What there is to say of an act.
struct Judgement {
  ActVerdict verdict = ActVerdict::unknown;
  Version newest;                           ///< of the key; zero when there is none
  Duration age{0};                          ///< of the value that was named, when it was accepted
  std::shared_ptr<const std::string> seen;  ///< that value
};

/// The time by both clocks, at one moment.
struct Moment {
  TimePoint time;
  std::int64_t wall_ms = 0;  ///< Unix time
};

/// A `state` or `track` as it stands after the records told: the newest of each key, what is wrong with it,
/// and since which offset. The same records make the same view on every node; only the moments of arrival are
/// its own.
///
/// A key is live while its gate is open, it was said in the gate's session, nothing marks it, and the source
/// vouched for it within its limit: by saying it, or by vouching later for all it had said.
/// Limits: as many keys as are told; the bus bounds them (kMaxKeys).
/// Time: pure. Ages are measured from arrival by the monotonic clock; what was old when it arrived starts
/// with that age.
class FeedView {
 public:
  /// A value that a newer one replaced.
  struct Superseded {
    Version version;
    std::shared_ptr<const std::string> body;
    TimePoint origin;
    TimePoint until;  ///< when it was replaced
  };
  /// The newest of one key.
  struct Entry {
    std::uint64_t changed = 0;  ///< offset of the last message that changed anything of it
    std::uint64_t change = 0;   ///< number of that change, of this view's own: no two keys have the same
    std::uint64_t value_changed = 0;  ///< offset of the last new value
    Version version;
    TimePoint origin;
    std::chrono::milliseconds ttl{0};
    KeyMark mark = KeyMark::none;
    std::uint64_t session = 0;
    std::uint64_t told = 0;  ///< offset of the last time that the source said it
    std::shared_ptr<const std::string> body;
    /// Those that may still be acted on, in a ring; the oldest gives way.
    std::array<Superseded, 8> superseded;
    std::size_t next_superseded = 0;
  };
  using Entries = std::map<std::string, Entry, std::less<>>;

  /// Whether the source may be silent about a key: a `track`'s devices are judged by those who look.
  explicit FeedView(bool has_gate) : has_gate_{has_gate} {}

  /// Takes one record of the message with this offset. Offsets never fall.
  void apply(const Record& record, std::uint64_t offset, Moment now);

  const Entries& entries() const { return entries_; }
  const FeedGate& gate() const { return gate_; }
  /// Offset of the last message that vouched for all keys, and when that was.
  std::uint64_t vouched_changed() const { return vouched_changed_; }
  TimePoint vouched() const { return vouched_; }
  /// When the source last vouched for this key: for what it had said by then, not for what came later.
  TimePoint vouched(const Entry& entry) const;

  /// Whether nothing is known against it.
  bool unmarked(const Entry& entry) const;
  /// Whether somebody may act on it.
  bool live(const Entry& entry, TimePoint now) const {
    return unmarked(entry) && now - vouched(entry) <= entry.ttl;
  }

  /// When the first key may fall silent; nothing while none can. Not later than it does; earlier when the key
  /// was vouched for meanwhile: `take_silent` then moves it on.
  std::optional<TimePoint> deadline() const { return due_; }
  /// Records that mark what is silent by now; for the bus, whose order decides whether they are right. What
  /// it did not take is tried again kRetry later.
  std::vector<Record> take_silent(Moment now);

  /// Judges an act on `key` by someone who saw it at version `seen`.
  Judgement judge(std::string_view key, const Version& seen, const ActRules& rules, TimePoint now) const;

  static constexpr Duration kRetry = std::chrono::milliseconds{250};
  static constexpr Duration kGrain = std::chrono::milliseconds{20};

 private:
  void take(FeedKey key, std::uint64_t offset, Moment now);
  void take(const FeedGate& gate, std::uint64_t offset, Moment now);
  void expect(const Entry& entry);

  bool has_gate_;
  std::uint64_t changes_ = 0;
  Entries entries_;
  FeedGate gate_;
  TimePoint vouched_{};
  std::uint64_t vouched_changed_ = 0;
  std::optional<TimePoint> due_;
};

/// Whether somebody looked at a `track` within `lately`. Those who look say so every few seconds, by opening
/// its gate: it has no other use there.
bool is_watched(const FeedView& track, TimePoint now, Duration lately = std::chrono::seconds{15});

}  // namespace levee::realtime
