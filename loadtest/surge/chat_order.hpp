#pragma once

#include <cstdint>
#include <unordered_map>

namespace levee::surge {

/// What all clients of one chat were given, put together: every place of the log has one message, and every
/// message one place.
///
/// Limits: the last kKept places and messages. Thread: one.
class ChatOrder {
 public:
  enum class Verdict {
    right,
    other,  ///< somebody was given another message in this place
    twice,  ///< the message stands in another place already
  };
  static constexpr std::uint64_t kKept = 100'000;

  /// A client was given message `number` at `offset`, or was told that it is there.
  Verdict given(std::uint64_t offset, std::uint64_t number);
  /// A new log: nothing of before counts.
  void clear();

 private:
  std::unordered_map<std::uint64_t, std::uint64_t> by_offset_;
  std::unordered_map<std::uint64_t, std::uint64_t> by_number_;
};

}  // namespace levee::surge
