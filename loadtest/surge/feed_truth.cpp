#include "surge/feed_truth.hpp"

#include <algorithm>
#include <chrono>

namespace levee::surge {
namespace {

// The protocol's times are whole milliseconds.
constexpr Duration kGrain = std::chrono::milliseconds{3};

}  // namespace

std::uint64_t FeedTruth::say(std::size_t key, std::uint64_t request, TimePoint due, TimePoint now) {
  auto& said = said_.add();
  said.key = key;
  said.at = due;
  said.sent = now;
  said.previous = keys_[key].newest;
  keys_[key].newest = said.number;
  under_way_[request].numbers.push_back(said.number);
  return said.number;
}

void FeedTruth::confirm(std::size_t key, std::uint64_t request) { under_way_[request].keys.push_back(key); }

void FeedTruth::confirm_all(std::uint64_t request) { under_way_[request].all = true; }

void FeedTruth::taken(std::uint64_t request, TimePoint now) {
  const auto found = under_way_.find(request);
  if (found == under_way_.end()) return;
  settle(found->second, now, true);
  under_way_.erase(found);
}

void FeedTruth::lost(TimePoint now) {
  for (const auto& [number, request] : under_way_) settle(request, now, false);
  under_way_.clear();
}

/// `is_known`: that the server has it. Otherwise it may have it, and nobody can be held to that.
void FeedTruth::settle(const Request& request, TimePoint now, bool is_known) {
  for (const auto number : request.numbers) {
    auto* said = said_.find(number);
    if (said == nullptr) continue;
    if (is_known) {
      said->taken = now;
      supersede(said->previous, now);
    }
    keys_[said->key].vouched = now;
  }
  for (const auto key : request.keys) keys_[key].vouched = now;
  if (!request.all) return;
  for (auto& key : keys_) key.vouched = now;
}

const SaidRing::Said* FeedTruth::said(std::size_t key, std::uint64_t number) {
  const auto* found = key < keys_.size() ? said_.find(number) : nullptr;
  return found != nullptr && found->key == key ? found : nullptr;
}

bool FeedTruth::is_under_way(std::size_t key) {
  return std::any_of(under_way_.begin(), under_way_.end(), [&](const auto& one) {
    const auto& [numbers, confirmed, all] = one.second;
    const auto is_of_key = [&](std::uint64_t number) { return said(key, number) != nullptr; };
    return all || std::find(confirmed.begin(), confirmed.end(), key) != confirmed.end() ||
           std::any_of(numbers.begin(), numbers.end(), is_of_key);
  });
}

/// The server has a newer one than `number`, and than all before it.
void FeedTruth::supersede(std::uint64_t number, TimePoint now) {
  for (auto* said = said_.find(number); said != nullptr && said->superseded == TimePoint::max();
       said = said_.find(said->previous))
    said->superseded = now;
}

bool FeedTruth::may_be_live(std::size_t key, std::uint64_t number, TimePoint now) {
  if (said(key, number) == nullptr || superseded_for(key, number, bound_ + kGrain, now)) return false;
  return is_under_way(key) || now - keys_[key].vouched <= ttl_ + kGrain;
}

bool FeedTruth::superseded_for(std::size_t key, std::uint64_t number, Duration least, TimePoint now) {
  const auto* found = said(key, number);
  return found != nullptr && found->superseded != TimePoint::max() && now - found->superseded > least;
}

}  // namespace levee::surge
