#include "surge/track_audience.hpp"

#include <utility>

#include "levee/base/unix_time.hpp"

namespace levee::surge {

TrackAudience::TrackAudience(Network& network, TrackReport& report, TrackPlan plan)
    : report_{report}, plan_{std::move(plan)} {
  const auto& settings = plan_.settings;
  const auto boot = static_cast<std::uint64_t>(unix_ms());
  for (std::uint32_t i = 0; i < settings.devices; ++i) {
    truths_.push_back(std::make_unique<DeviceTruth>(DeviceTruth{boot, {}, {}}));
    devices_.push_back(std::make_unique<TrackDevice>(network, plan_.place, report_, *truths_.back(), settings,
                                                     plan_.first + i, plan_.first + i));
  }
  for (std::uint32_t i = 0; i < settings.watchers; ++i)
    watchers_.push_back(std::make_unique<TrackWatcher>(network, plan_.place, report_, truths_, plan_.first,
                                                       settings, frames_,
                                                       plan_.first + settings.devices + i));
}

void TrackAudience::start(TimePoint begin, Duration within, RealtimeTimeline timeline) {
  timeline_.emplace(timeline);
  const auto at = [&](std::size_t i, std::size_t count) {
    return begin + within * static_cast<Duration::rep>(i) / static_cast<Duration::rep>(count);
  };
  for (std::size_t i = 0; i < devices_.size(); ++i) {
    devices_[i]->start(at(i, devices_.size()));
    devices_[i]->report_from(at(i, devices_.size()));
  }
  for (std::size_t i = 0; i < watchers_.size(); ++i) {
    watchers_[i]->write_to(*timeline_);
    watchers_[i]->start(at(i, watchers_.size()));
  }
}

void TrackAudience::disturb(TimePoint now) {
  if (plan_.settings.offline > 0) next_offline_ = now;
}

void TrackAudience::drop(TimePoint now) {
  for (auto& device : devices_) device->drop(now);
  for (auto& watcher : watchers_) watcher->drop(now);
}

void TrackAudience::look(TimePoint now) {
  if (now >= next_offline_) {
    next_offline_ += plan_.settings.offline_every;
    const auto away =
        static_cast<std::size_t>(plan_.settings.offline * static_cast<double>(devices_.size()) + 0.5);
    for (std::size_t i = 0; i < away; ++i) devices_[i]->go_offline(now, now + plan_.settings.offline_for);
  }
  for (auto& watcher : watchers_) watcher->look(now);
  timeline_->standing(open_among(watchers_) + open_among(devices_), wrong(), now);
}

std::uint64_t TrackAudience::wrong() const {
  return report_.missed + report_.duplicates + report_.out_of_order + report_.past_as_present +
         report_.stale_as_live;
}

Result<TrackPlan> plan_track(const Scenario& scenario) {
  TrackPlan plan;
  plan.settings = scenario.track;
  if (scenario.track.devices == 0) return plan;
  auto target = resolve_websocket(scenario.realtime.url);
  if (!target) return target.error();
  plan.place = {std::move(*target), scenario.realtime.token};
  plan.settings.devices = share_of(scenario.track.devices, scenario.agents, scenario.agent_index);
  plan.settings.watchers = share_of(scenario.track.watchers, scenario.agents, scenario.agent_index);
  for (std::uint32_t i = 0; i < scenario.agent_index; ++i)
    plan.first += share_of(scenario.track.devices, scenario.agents, i);
  return plan;
}

}  // namespace levee::surge
