#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "levee/realtime/identity.hpp"

namespace levee::realtime {

/// Where in a channel: offsets grow by one within an epoch; a new epoch means that the channel was lost.
struct Position {
  std::string epoch;  ///< empty: no position is known (the bus is away)
  std::uint64_t offset = 0;
  bool operator==(const Position&) const = default;
};

/// One thing that happened to a channel. Immutable and shared by all shards.
struct Message {
  std::uint64_t offset = 0;
  std::int64_t time_ms = 0;  ///< when it was said, Unix time
  std::string body;          ///< JSON: what was said (`log`, `value`), MemberChanges (`set`), or the records
                             ///< taken (`state`, `track`; decode_records)
  std::size_t members = 0;   ///< `set`: how many are in it after this
};
using MessagePtr = std::shared_ptr<const Message>;

/// Who is in a `set`.
struct Member {
  std::string id;
  std::string info;  ///< JSON
  bool operator==(const Member&) const = default;
};

/// Who came to a `set` and who left it.
struct MemberChanges {
  std::vector<Member> joins;  ///< also those whose info changed
  std::vector<std::string>
      leaves;  ///< of members who joined through the same BusClient; others are left alone
  bool empty() const { return joins.empty() && leaves.empty(); }
};

/// Which of two records of a key is newer: the source's epoch decides, then its sequence.
struct Version {
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;
  auto operator<=>(const Version&) const = default;
};

/// The newest that a `state` or `track` has of one key.
struct Record {
  std::string key;
  Version version;
  std::int64_t time_ms = 0;  ///< of origin, Unix time
  std::string mark;          ///< why it is stale, one of docs/protocol.md's `x`; empty: it is not
  std::string body;          ///< JSON
  bool operator==(const Record&) const = default;
};

/// A record, and the offset of the message that brought it.
struct StoredRecord {
  Record record;
  std::uint64_t offset = 0;
};

/// What became of the records of one `put`.
struct Put {
  Position position;
  std::size_t taken = 0;
  std::size_t old = 0;   ///< their key has as new a one
  std::size_t full = 0;  ///< of new keys above kMaxKeys
};

/// A channel as it is at one position.
struct Snapshot {
  Position top;
  bool partial = false;         ///< only what this node knows: the bus is away
  std::string rules;            ///< `log`: JSON, see RoomRules::text; empty: none are set
  std::vector<MessagePtr> log;  ///< `log`: the newest messages, without a hole, up to `top`
  MessagePtr value;             ///< `value`: the newest; null when there is none
  std::vector<Member> members;  ///< `set`: at most kMaxListedMembers of them
  std::size_t member_count = 0;
  std::vector<StoredRecord> records;  ///< `state`, `track`: one of each key, in no order
};
using SnapshotPtr = std::shared_ptr<const Snapshot>;

/// How much of a channel is kept.
inline constexpr std::size_t kLogMessages = 500;
inline constexpr std::chrono::seconds kLogAge{300};
inline constexpr std::size_t kMaxListedMembers = 200;
/// How long after the start of a node its counts may be those of before, falling by a fifth a second at most.
inline constexpr std::chrono::seconds kCountRecovery{20};
/// Keys of a `state` or `track`.
inline constexpr std::size_t kMaxKeys = 1000;

/// What a moderator changes of a `log`'s rules.
struct RuleChange {
  static constexpr std::int64_t kLifted = 0;
  static constexpr std::int64_t kForGood = -1;

  std::optional<std::int64_t> slow_s;  ///< between two messages of one person
  std::optional<Standing> least;       ///< that may write
  std::string user;                    ///< of a ban
  std::optional<std::int64_t> ban_s;   ///< kLifted, kForGood, or how long

  bool operator==(const RuleChange&) const = default;
};

/// What is to be appended to a `log`.
struct Publication {
  std::string id;  ///< unique for its sender; a second publication with the same id is not made; empty: none
  std::string body;
  std::int64_t time_ms = 0;
  std::string user = {};                   ///< whose it is, for the channel's rules
  Standing standing = Standing::streamer;  ///< of `user`; the rules bind those below moderator
  std::optional<RuleChange> change = {};   ///< of the rules, from this message on
  bool only_known = false;  ///< nothing is appended: it is asked whether one with this id was, and where
};

/// Why the rules of a `log` refuse a publication.
struct Refusal {
  ErrorCode error;
  std::int64_t wait_ms = 0;  ///< until it may be made; 0: time does not change it
  bool operator==(const Refusal&) const = default;
};

/// Where a publication stands, if it was made.
struct Published {
  Position position;
  bool duplicate = false;  ///< it was there already; `position` is that of the first
  std::optional<Refusal> refusal = {};
};

}  // namespace levee::realtime
