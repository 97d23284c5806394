#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

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
  std::string body;          ///< JSON: what was said (`log`, `value`), or MemberChanges (`set`)
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

/// A channel as it is at one position.
struct Snapshot {
  Position top;
  bool partial = false;         ///< only what this node knows: the bus is away
  std::vector<MessagePtr> log;  ///< `log`: the newest messages, without a hole, up to `top`
  MessagePtr value;             ///< `value`: the newest; null when there is none
  std::vector<Member> members;  ///< `set`: at most kMaxListedMembers of them
  std::size_t member_count = 0;
};
using SnapshotPtr = std::shared_ptr<const Snapshot>;

/// How much of a channel is kept.
inline constexpr std::size_t kLogMessages = 500;
inline constexpr std::chrono::seconds kLogAge{300};
inline constexpr std::size_t kMaxListedMembers = 200;

/// What is to be appended to a `log`.
struct Publication {
  std::string id;  ///< unique for its sender; a second publication with the same id is not made; empty: none
  std::string body;
  std::int64_t time_ms = 0;
};

/// Where a publication stands.
struct Published {
  Position position;
  bool duplicate = false;  ///< it was there already; `position` is that of the first
};

}  // namespace levee::realtime
