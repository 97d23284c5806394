#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "levee/base/clock.hpp"
#include "levee/realtime/message.hpp"

namespace levee::realtime {

/// The newest messages of one `log`, and the ids that they were published with.
///
/// Limits: `max_messages`, each kept for `max_age` at most. An id is known as long as its message.
class LogRing {
 public:
  explicit LogRing(std::size_t max_messages = kLogMessages, Duration max_age = kLogAge)
      : max_messages_{max_messages}, max_age_{max_age} {}

  /// The offset that a message with this id has; nothing when it is not here.
  std::optional<std::uint64_t> find(const std::string& id) const;

  /// Adds the next message. `id` may be empty.
  void append(MessagePtr message, std::string id, TimePoint now);

  /// Forgets what is too old.
  void expire(TimePoint now);

  /// What is kept, oldest first.
  std::vector<MessagePtr> messages() const;
  bool empty() const { return entries_.empty(); }

  struct Entry {
    MessagePtr message;
    std::string id;
    TimePoint added;
  };
  const std::deque<Entry>& entries() const { return entries_; }

 private:
  void drop_oldest();

  std::size_t max_messages_;
  Duration max_age_;
  std::deque<Entry> entries_;
  std::unordered_map<std::string, std::uint64_t> offsets_;
};

}  // namespace levee::realtime
