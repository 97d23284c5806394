#include "levee/realtime/track_book.hpp"

#include <algorithm>

namespace levee::realtime {

void TrackBook::add(const std::string& group, const std::string& device, const TrackPoint& point) {
  const std::lock_guard lock{mutex_};
  Name name{group, device};
  if (kept_.size() >= limits_.devices && !kept_.contains(name)) forget_one();
  auto& kept = kept_[std::move(name)];
  kept.heard = ++heard_;
  if (kept.points.empty() || kept.newest.version < point.version) kept.newest = point;
  const bool told = std::ranges::find(kept.points, point.version, &TrackPoint::version) != kept.points.end();
  if (told) return;
  const auto later = [](const TrackPoint& a, const TrackPoint& b) {
    return std::pair{a.fix.time_ms, a.version} < std::pair{b.fix.time_ms, b.version};
  };
  kept.points.insert(std::ranges::upper_bound(kept.points, point, later), point);
  if (kept.points.size() > limits_.points) kept.points.pop_front();
}

std::vector<DeviceTrail> TrackBook::devices(std::string_view group) const {
  const std::lock_guard lock{mutex_};
  std::vector<DeviceTrail> all;
  for (auto kept = kept_.lower_bound({std::string{group}, ""}); kept != kept_.end(); ++kept) {
    if (kept->first.first != group) break;
    all.push_back({kept->first.second, kept->second.newest, {}});
  }
  return all;
}

std::vector<DeviceTrail> TrackBook::trail(std::string_view group, std::string_view device) const {
  const std::lock_guard lock{mutex_};
  const auto found = kept_.find({std::string{group}, std::string{device}});
  if (found == kept_.end()) return {};
  const auto& kept = found->second;
  return {{found->first.second, kept.newest, {kept.points.begin(), kept.points.end()}}};
}

void TrackBook::forget_one() {
  const auto oldest =
      std::ranges::min_element(kept_, {}, [](const auto& entry) { return entry.second.heard; });
  if (oldest != kept_.end()) kept_.erase(oldest);
}

}  // namespace levee::realtime
