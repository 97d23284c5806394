#include "surge/feed_audience.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "levee/base/unix_time.hpp"

namespace levee::surge {
namespace {

using std::chrono::milliseconds;

// What a client that obeys the protocol may show of a value that was superseded: 2.5 heartbeats of a feed,
// and the most that a message may be late.
constexpr Duration kBound = milliseconds{2500 + 1500};

}  // namespace

FeedAudience::FeedAudience(Network& network, FeedReport& report, FeedPlan plan)
    : network_{network}, report_{report}, plan_{std::move(plan)} {
  const auto& settings = plan_.settings;
  for (std::uint32_t i = 0; i < settings.publishers; ++i) {
    feeds_.push_back(std::make_unique<Feed>(Feed{settings.channel + std::to_string(plan_.first + i),
                                                 static_cast<std::uint64_t>(unix_ms()),
                                                 FeedTruth{settings.keys, settings.ttl, kBound},
                                                 {}}));
    publishers_.push_back(std::make_unique<FeedPublisher>(network_, plan_.place, report_, *feeds_.back(),
                                                          settings, plan_.first + i));
  }
  for (std::uint32_t i = 0; i < settings.watchers; ++i)
    watchers_.push_back(std::make_unique<FeedWatcher>(network_, plan_.place, report_,
                                                      *feeds_[i % feeds_.size()], settings, frames_,
                                                      settings.publishers + i));
}

void FeedAudience::start(TimePoint begin, Duration within, RealtimeTimeline timeline) {
  timeline_.emplace(timeline);
  for (auto& publisher : publishers_) {
    publisher->start(begin);
    publisher->publish_from(begin);
  }
  const auto step = within / static_cast<Duration::rep>(watchers_.size());
  for (std::size_t i = 0; i < watchers_.size(); ++i) {
    watchers_[i]->write_to(*timeline_);
    watchers_[i]->start(begin + step * static_cast<Duration::rep>(i));
  }
  if (share(plan_.settings.acting) > 0) network_.wheel().schedule(*this, begin + within);
}

std::size_t FeedAudience::share(double of) const {
  return static_cast<std::size_t>(of * static_cast<double>(watchers_.size()) + 0.5);
}

/// One that acts after the other, so that each does once in `act_every`.
void FeedAudience::fire(TimePoint due, TimePoint now) {
  const auto acting = share(plan_.settings.acting);
  watchers_[next_acting_++ % acting]->act(now);
  network_.wheel().schedule(*this, due + plan_.settings.act_every / static_cast<Duration::rep>(acting));
}

void FeedAudience::disturb(TimePoint now) {
  if (plan_.settings.blink_every > Duration::zero()) next_blink_ = now;
  if (plan_.settings.sleeping > 0) next_sleep_ = now;
}

void FeedAudience::drop(TimePoint now) {
  for (auto& publisher : publishers_) publisher->drop(now);
  for (auto& watcher : watchers_) watcher->drop(now);
}

void FeedAudience::look(TimePoint now) {
  const auto& settings = plan_.settings;
  if (now >= next_blink_) {
    next_blink_ += settings.blink_every;
    for (auto& publisher : publishers_) publisher->go_offline(now, now + settings.blink_for);
  }
  if (now >= next_sleep_) {
    next_sleep_ += settings.sleep_every;
    // Those who act are the first, those who sleep the last.
    for (auto i = watchers_.size() - share(settings.sleeping); i < watchers_.size(); ++i)
      watchers_[i]->sleep(now + settings.sleep_for);
  }
  for (auto& watcher : watchers_) watcher->look(now);
  timeline_->standing(open_among(watchers_), wrong(), now);
}

std::uint64_t FeedAudience::wrong() const {
  return report_.missed + report_.duplicates + report_.out_of_order + report_.stale_as_live +
         report_.stale_acts_accepted;
}

Result<FeedPlan> plan_feed(const Scenario& scenario) {
  FeedPlan plan;
  plan.settings = scenario.feed;
  if (scenario.feed.watchers == 0) return plan;
  auto target = resolve_websocket(scenario.realtime.url);
  if (!target) return target.error();
  plan.place = {std::move(*target), scenario.realtime.token};
  plan.agent = scenario.agent_index;
  plan.first = scenario.agent_index * scenario.feed.publishers;
  plan.settings.watchers = share_of(scenario.feed.watchers, scenario.agents, scenario.agent_index);
  return plan;
}

}  // namespace levee::surge
