#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "levee/realtime/message.hpp"

namespace levee::realtime {

/// What a publisher says of a key beside its value, or silence does.
enum class KeyMark : std::uint8_t {
  none,
  closed,  ///< there is nothing to trade: the value is the last one, and silence does not make it stale
  silent,  ///< nothing was heard for longer than the key's limit
};

/// A key of a `state` or `track` with its newest value.
struct FeedKey {
  std::string key;
  Version version;                   ///< the source's epoch and sequence
  std::int64_t time_ms = 0;          ///< when the value came into being, Unix time by the server's clock
  std::chrono::milliseconds ttl{0};  ///< how long it may go unconfirmed; of a `track` the promise
  KeyMark mark = KeyMark::none;
  std::uint64_t session = 0;  ///< of the source, in which the key was last said; 0 in a `track`
  std::string body;           ///< JSON
  bool operator==(const FeedKey&) const = default;
};

/// Whether the source of a feed is there and has said all it has. Unless it is open, all keys are stale.
enum class GateState : std::uint8_t {
  shut,     ///< no source has come yet
  syncing,  ///< one came, and has not said all its keys yet
  open,
  gone,  ///< its connection is lost
};

/// A source session of a feed: what concerns all keys. It is kept as one more record, under a key that no
/// feed can have, so that it has an order with them.
struct FeedGate {
  Version version;           ///< the source's epoch, and a number that grows over all its sessions
  std::int64_t time_ms = 0;  ///< when the source last vouched for all it has said
  GateState state = GateState::shut;
  std::uint64_t session = 0;  ///< the number with which this session began
  bool operator==(const FeedGate&) const = default;
};

/// The key under which a gate is kept.
inline constexpr std::string_view kGateKey = "*";

/// Longest key, and value, in bytes; bounds of how long a key may go unconfirmed, and what holds unsaid.
inline constexpr std::size_t kMaxFeedKey = 64;
inline constexpr std::size_t kMaxFeedBody = 512;
inline constexpr std::chrono::milliseconds kMinFeedTtl{100};
inline constexpr std::chrono::milliseconds kMaxFeedTtl = std::chrono::hours{1};
inline constexpr std::chrono::milliseconds kFeedTtl{5000};

/// Whether `key` is 1 to kMaxFeedKey of `A-Z a-z 0-9 _ - . /`.
bool is_feed_key(std::string_view key);

/// As the bus keeps them. A record's mark holds what may change without a new value: "STATE SESSION".
Record to_record(const FeedKey& key);
Record to_record(const FeedGate& gate);
/// The mark alone.
std::string feed_mark(KeyMark mark, std::uint64_t session);

/// Nothing when the record was not made by `to_record`.
std::optional<std::variant<FeedKey, FeedGate>> from_record(const Record& record);

}  // namespace levee::realtime
