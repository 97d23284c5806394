#include "levee/realtime/log_ring.hpp"

#include <utility>

namespace levee::realtime {

std::optional<std::uint64_t> LogRing::find(const std::string& id) const {
  const auto found = offsets_.find(id);
  if (id.empty() || found == offsets_.end()) return {};
  return found->second;
}

void LogRing::append(MessagePtr message, std::string id, TimePoint now) {
  expire(now);
  while (entries_.size() >= max_messages_) drop_oldest();
  if (!id.empty()) offsets_[id] = message->offset;
  entries_.push_back({std::move(message), std::move(id), now});
}

void LogRing::expire(TimePoint now) {
  while (!entries_.empty() && now - entries_.front().added >= max_age_) drop_oldest();
}

std::vector<MessagePtr> LogRing::messages() const {
  std::vector<MessagePtr> all;
  all.reserve(entries_.size());
  for (const auto& entry : entries_) all.push_back(entry.message);
  return all;
}

void LogRing::drop_oldest() {
  if (!entries_.front().id.empty()) offsets_.erase(entries_.front().id);
  entries_.pop_front();
}

}  // namespace levee::realtime
