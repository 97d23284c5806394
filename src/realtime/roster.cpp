#include "levee/realtime/roster.hpp"

#include <algorithm>
#include <iterator>

namespace levee::realtime {

void Roster::join(const std::string& channel, const std::string& member, std::string info) {
  auto& entry = channels_[channel][member];
  entry.info = std::move(info);
  ++entry.joins;
  news_.emplace_back(channel, member);
}

void Roster::change_info(const std::string& channel, const std::string& member, std::string info) {
  auto* entry = find(channel, member);
  if (entry == nullptr) return;
  entry->info = std::move(info);
  news_.emplace_back(channel, member);
}

void Roster::leave(const std::string& channel, const std::string& member) {
  auto* entry = find(channel, member);
  if (entry == nullptr || entry->joins == 0) return;
  if (--entry->joins == 0) news_.emplace_back(channel, member);
}

std::vector<std::pair<std::string, MemberChanges>> Roster::take_changes(TimePoint now) {
  Changes changes;
  if (!news_.empty() && !tick_at_) tick_at_ = now + settings_.tick;
  if (tick_at_ && now >= *tick_at_) {
    tick_at_.reset();
    for (const auto& name : std::exchange(news_, {})) tell(name, now, changes);
  }
  tell_leaves(now, changes);
  return {std::make_move_iterator(changes.begin()), std::make_move_iterator(changes.end())};
}

std::optional<TimePoint> Roster::deadline() const {
  if (leaving_.empty()) return tick_at_;
  return tick_at_ ? std::min(*tick_at_, leaving_.front().at) : leaving_.front().at;
}

Roster::Entry* Roster::find(const std::string& channel, const std::string& member) {
  const auto found = channels_.find(channel);
  if (found == channels_.end()) return nullptr;
  const auto entry = found->second.find(member);
  return entry == found->second.end() ? nullptr : &entry->second;
}

void Roster::erase(const Name& name) {
  const auto found = channels_.find(name.first);
  found->second.erase(name.second);
  if (found->second.empty()) channels_.erase(found);
}

void Roster::tell(const Name& name, TimePoint now, Changes& changes) {
  auto* entry = find(name.first, name.second);
  if (entry == nullptr) return;
  if (entry->joins == 0) {
    if (!entry->told) return erase(name);
    entry->leaves_at = now + settings_.grace;
    leaving_.push_back({entry->leaves_at, name.first, name.second});
  } else if (entry->told != entry->info) {
    entry->told = entry->info;
    changes[name.first].joins.push_back({name.second, entry->info});
  }
}

void Roster::tell_leaves(TimePoint now, Changes& changes) {
  for (; !leaving_.empty() && leaving_.front().at <= now; leaving_.pop_front()) {
    const auto& leaving = leaving_.front();
    const auto* entry = find(leaving.channel, leaving.member);
    // Came back meanwhile, or left again later: the later leave has its own place in the queue.
    if (entry == nullptr || entry->joins > 0 || entry->leaves_at != leaving.at) continue;
    changes[leaving.channel].leaves.push_back(leaving.member);
    erase({leaving.channel, leaving.member});
  }
}

}  // namespace levee::realtime
