#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "levee/base/clock.hpp"

namespace levee::surge {

/// A source's epoch and sequence: greater is newer.
struct KeyedVersion {
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;
  auto operator<=>(const KeyedVersion&) const = default;
};

/// What a frame says of one key. What is absent is unchanged.
struct KeyedRecord {
  std::size_t key = 0;  ///< the number in its name: keys are a letter and a number here
  std::optional<KeyedVersion> version;
  std::optional<std::int64_t> time_ms;
  std::optional<std::int64_t> vouched_ms;
  std::optional<std::int64_t> ttl_ms;
  std::optional<std::uint64_t> number;  ///< `n` of its value: what the harness said it with
  bool has_value = false;
  bool marked = false;  ///< somebody says that it is stale
};

/// A message about a `state` or `track` channel.
struct KeyedFrame {
  enum class Kind {
    other,
    begins,     ///< a snapshot
    snapshot,   ///< a piece of it
    ends,       ///< it is whole
    push,       ///< what changed since
    heartbeat,  ///< with the channel's top
  };
  Kind kind = Kind::other;
  std::string epoch;
  std::uint64_t offset = 0;
  std::uint64_t previous = 0;              ///< push: of the frame before
  std::optional<std::int64_t> vouched_ms;  ///< push: of all that came before it
  bool recovered = false;                  ///< begins
  Duration heartbeat{0};                   ///< begins
  std::vector<KeyedRecord> records;
};

/// Reads frames. What goes to many is the same text for all of them: it is read once, the others find it.
/// Limits: what is no such message is Kind::other. Lifetime: the frame given is good until the next call.
class KeyedFrames {
 public:
  const KeyedFrame& read(std::string_view text);

 private:
  struct Known {
    std::string text;
    KeyedFrame frame;
  };
  std::array<Known, 64> known_;
};

}  // namespace levee::surge
