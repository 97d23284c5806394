#include "surge/live_run.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "levee/base/unix_time.hpp"

#include "surge/arrivals.hpp"
#include "surge/threshold.hpp"

namespace levee::surge {
namespace {

using std::chrono::milliseconds;

constexpr Duration kLook = milliseconds{250};
constexpr std::uint64_t kPortsASource = 14'000;  // half of what there are, so that none is used twice soon

// A client waits as little as it can: what a browser's users do.
constexpr Duration kReturnSpread = milliseconds{200};

WallTime::duration wall_offset() {
  return WallTime::clock::now().time_since_epoch() -
         std::chrono::duration_cast<WallTime::duration>(Clock::now().time_since_epoch());
}

// Agents of one run begin together.
TimePoint time_to_start(const Scenario& scenario) {
  const WallTime agreed{std::chrono::duration_cast<WallTime::duration>(milliseconds{scenario.start_at_ms})};
  const auto wait = agreed - WallTime::clock::now();
  return Clock::now() + std::max(Duration{}, std::chrono::duration_cast<Duration>(wait));
}

std::uint32_t share_of_count(double share, std::uint32_t count) {
  return static_cast<std::uint32_t>(share * count + 0.5);
}

}  // namespace

LiveRun::LiveRun(const Scenario& scenario, Stage& stage, std::vector<Target> targets,
                 const ProgressSink& progress, const std::atomic<bool>& stop)
    : scenario_{scenario},
      targets_{std::move(targets)},
      progress_{progress},
      stop_{stop},
      stage_{stage},
      network_{stage.network},
      start_{time_to_start(scenario)},
      player_context_{scenario.player, {}, wall_offset()},
      generator_{network_, report_.generator, report_.series, start_},
      server_{network_, report_.series, start_, server_port(), scenario.metrics_url},
      ticker_{stage.context} {
  const auto viewers = std::uint64_t{scenario.incumbents.count} + scenario.newcomers.count;
  const auto sockets = std::uint64_t{scenario.chat.count} + scenario.feed.watchers + scenario.track.devices;
  const auto connections = viewers * connections_of(scenario.player) + sockets;
  const auto sources = connections / scenario.agents / kPortsASource + 1;
  network_.spread_sources(static_cast<std::uint32_t>(std::min<std::uint64_t>(sources, 200)));
  report_.generator.ports_limit *= network_.sources();
  describe(report_);
  plan_times();
  plan_cohorts();
  plan_profile();
  plan_publisher();
  if (scenario_.profile == Profile::stairs) plan_stairs_end();
  plan_realtime();
  std::stable_sort(events_.begin(), events_.end(),
                   [](const Event& a, const Event& b) { return a.at < b.at; });
}

void LiveRun::describe(RunReport& report) const {
  report.scenario = scenario_.name;
  report.description = scenario_.description;
  report.profile = kProfileNames[static_cast<std::size_t>(scenario_.profile)];
  report.seed = scenario_.seed;
  report.started_ms = unix_ms();
  report.generator.busy_poll = scenario_.busy_poll;
}

void LiveRun::plan_times() {
  const auto& newcomers = scenario_.newcomers;
  t0_ = start_ + scenario_.incumbents.within + scenario_.warm_up;
  arrivals_end_ = t0_ + newcomers.within;
  if (scenario_.profile == Profile::stairs)
    arrivals_end_ = t0_ + newcomers.step_hold * static_cast<Duration::rep>(newcomers.steps);
  hold_end_ = arrivals_end_ + scenario_.hold;
  end_ = hold_end_ + scenario_.cool_down;
  next_look_ = start_ + kLook;
  report_.incumbents_in = scenario_.incumbents.within;
  report_.t0 = t0_ - start_;
  report_.surge_end = arrivals_end_ - start_;
  report_.hold_end = hold_end_ - start_;
  report_.length = end_ - start_;
  at(start_ + scenario_.incumbents.within, [this](TimePoint now) { enter(Phase::before, now); });
  at(t0_, [this](TimePoint now) { enter(Phase::surge, now); });
  at(hold_end_, [this](TimePoint now) { enter(Phase::after, now); });
}

void LiveRun::plan_cohorts() {
  const auto agents = scenario_.agents;
  const auto index = scenario_.agent_index;
  const auto seed = scenario_.seed * 1'000'003 + index;
  const auto& newcomers = scenario_.newcomers;
  const auto old_ones = share_of(scenario_.incumbents.count, agents, index);
  const auto new_ones = share_of(newcomers.count, agents, index);
  const auto flapping = share_of_count(scenario_.flapping.share, old_ones);
  const auto weak_old = share_of_count(scenario_.weak.share, old_ones - flapping);
  const auto weak_new = share_of_count(scenario_.weak.share, new_ones);
  const auto within = scenario_.incumbents.within;

  plan_group(Cohort::incumbents, old_ones - flapping - weak_old, start_,
             plan_arrivals(old_ones - flapping - weak_old, within, seed));
  const bool stairs = scenario_.profile == Profile::stairs;
  plan_group(Cohort::newcomers, new_ones - weak_new, t0_,
             stairs ? plan_stairs(new_ones - weak_new, newcomers.steps, newcomers.step_hold, newcomers.within,
                                  seed + 1)
                    : plan_arrivals(new_ones - weak_new, newcomers.within, seed + 1));
  auto weak = plan_arrivals(weak_old, within, seed + 2);
  for (const auto shift : plan_arrivals(weak_new, newcomers.within, seed + 3))
    weak.push_back(t0_ - start_ + shift);
  plan_group(Cohort::weak, weak_old + weak_new, start_, std::move(weak));
  plan_group(Cohort::flapping, flapping, start_, plan_arrivals(flapping, within, seed + 4));
  const auto slow = share_of(scenario_.slow_readers.count, agents, index);
  plan_group(Cohort::slow_readers, slow, t0_, plan_arrivals(slow, newcomers.within, seed + 5));
}

void LiveRun::plan_group(Cohort cohort, std::uint32_t count, TimePoint begin, std::vector<Duration> plan) {
  if (count == 0) return;
  const auto name = kCohortNames[static_cast<std::size_t>(cohort)];
  auto& made = groups_[static_cast<std::size_t>(cohort)];
  made = std::make_unique<Group>(name, report_.cohort(cohort), report_.series, start_, network_,
                                 player_context_);
  made->audience.plan(targets_, begin, std::move(plan));
  if (cohort == Cohort::weak) made->audience.set_link(scenario_.weak.link);
  if (cohort == Cohort::slow_readers) made->audience.set_link({.rate_bps = scenario_.slow_readers.rate_bps});
}

void LiveRun::plan_profile() {
  if (scenario_.newcomers.leave_after > Duration::zero()) {
    at(t0_ + scenario_.newcomers.leave_after, [this](TimePoint now) {
      if (auto* newcomers = known(Cohort::newcomers)) newcomers->audience.leave(now);
    });
    mark(t0_ + scenario_.newcomers.leave_after, "the newcomers leave");
  }
  if (scenario_.profile == Profile::reconnect) {
    at(t0_, [this](TimePoint now) {
      for (auto& one : groups_) {
        if (one) one->audience.drop_connections(now, kReturnSpread);
      }
    });
    mark(t0_, "every connection is dropped");
  }
  if (auto* flapping = known(Cohort::flapping))
    flapping->audience.flap(t0_, hold_end_, scenario_.flapping.up, scenario_.flapping.down);
}

std::uint16_t LiveRun::server_port() const {
  if (!targets_.empty()) return targets_.front().endpoint.port();
  const auto realtime =
      resolve_websocket(scenario_.realtime.url.empty() ? scenario_.chat.url : scenario_.realtime.url);
  return realtime ? realtime->endpoint.port() : std::uint16_t{0};
}

void LiveRun::plan_realtime() {
  const auto within = scenario_.incumbents.within;
  const auto timeline = [this](std::string_view group) {
    return RealtimeTimeline{group, report_.series, start_};
  };
  if (stage_.chat) stage_.chat->start(start_, within, timeline("chat"));
  if (stage_.feed) stage_.feed->start(start_, within, timeline("feed"));
  if (stage_.track) stage_.track->start(start_, within, timeline("track"));
  at(t0_, [this](TimePoint now) {
    if (stage_.feed) stage_.feed->disturb(now);
    if (stage_.track) stage_.track->disturb(now);
  });
  if (scenario_.profile != Profile::reconnect) return;
  at(t0_, [this](TimePoint now) {
    if (stage_.chat) stage_.chat->drop(now);
    if (stage_.feed) stage_.feed->drop(now);
    if (stage_.track) stage_.track->drop(now);
  });
}

void LiveRun::plan_publisher() {
  const auto& settings = scenario_.publisher;
  if (!stage_.publisher) return;
  for (std::uint32_t i = 0; i < settings.blinks; ++i) {
    const auto when = t0_ + settings.blink_every * static_cast<Duration::rep>(i);
    at(when, [this, &settings](TimePoint now) {
      stage_.publisher->blink(now, settings.blink_for, settings.abrupt);
    });
    mark(when, "the publisher drops");
  }
}

// Just before each further step it is asked whether the last one was too much.
void LiveRun::plan_stairs_end() {
  const auto& newcomers = scenario_.newcomers;
  for (std::uint32_t step = 1; step < newcomers.steps; ++step) {
    at(t0_ + newcomers.step_hold * static_cast<Duration::rep>(step) - kLook, [this](TimePoint now) {
      if (*phase_ == Phase::surge && broken_for_incumbents()) end_stairs(now);
    });
  }
}

bool LiveRun::broken_for_incumbents() const {
  std::vector<std::string> asked;
  for (const auto& text : scenario_.thresholds) {
    const bool later = text.find(".after.") != std::string::npos;
    if (text.starts_with("incumbents.") && !later) asked.push_back(text);
  }
  RunReport so_far = report_;
  so_far.hold_end = Clock::now() - start_;
  judge(so_far, asked);
  return std::any_of(so_far.thresholds.begin(), so_far.thresholds.end(),
                     [](const ThresholdOutcome& outcome) { return !outcome.held; });
}

void LiveRun::end_stairs(TimePoint now) {
  if (auto* newcomers = known(Cohort::newcomers)) newcomers->audience.close_the_door();
  mark(now, "a threshold broke: no further step");
  report_.surge_end = report_.hold_end = now - start_;
  end_ = now + scenario_.cool_down;
  enter(Phase::after, now);
}

void LiveRun::at(TimePoint when, std::function<void(TimePoint)> what) {
  events_.push_back({when, std::move(what)});
}

void LiveRun::mark(TimePoint when, std::string what) {
  report_.marks.push_back({when - start_, std::move(what)});
}

void LiveRun::enter(std::optional<Phase> phase, TimePoint now) {
  phase_ = phase;
  for (auto& one : groups_) {
    if (one) one->audience.enter(phase, now);
  }
}

RunReport LiveRun::finish() {
  stage_.context.restart();
  start_tick();
  play();
  const auto now = Clock::now();
  for (auto& one : groups_) {
    if (!one) continue;
    one->audience.look(now, false);
    one->audience.enter(phase_, now);
  }
  report_.length = now - start_;
  report_.publisher = stage_.published;
  report_.chat = stage_.chatted;
  report_.feed = stage_.fed;
  report_.track = stage_.tracked;
  return std::move(report_);
}

// Over loopback the server's send wakes the client that sleeps: an interrupt to another core, dear in a
// virtual machine. Who never sleeps need not be woken, like a client beyond a network card.
void LiveRun::play() {
  auto& context = stage_.context;
  if (!scenario_.busy_poll) {
    context.run();
    return;
  }
  for (auto looked = Clock::now(); !context.stopped();) {
    const bool found = context.poll() > 0;
    const auto now = Clock::now();
    if (!found) generator_.idled(now - looked);
    looked = now;
  }
}

void LiveRun::start_tick() {
  // A turn that took longer than a tick is followed by the next at once: a crowd comes in lots, one a turn.
  ticker_.expires_at(std::max(ticker_.expiry() + TimerWheel::kTick, Clock::now()));
  ticker_.async_wait([this](const ErrorCode&) {
    const auto now = Clock::now();
    generator_.ticked(ticker_.expiry(), now, phase_ && *phase_ != Phase::before);
    tick(now);
    if (now >= end_ || stop_) {
      stage_.context.stop();
    } else {
      start_tick();
    }
  });
}

void LiveRun::tick(TimePoint now) {
  while (happened_ < events_.size() && events_[happened_].at <= now) events_[happened_++].happens(now);
  network_.wheel().advance(now);
  if (now >= next_look_) {
    look(now);
    next_look_ = std::max(next_look_ + kLook, now);
  }
}

void LiveRun::look(TimePoint now) {
  const bool whole_second = ++looks_ % 4 == 0;
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    if (groups_[i]) counts_[i] = groups_[i]->audience.look(now, whole_second);
  }
  server_.look(now);
  if (!whole_second) return;
  if (stage_.chat) stage_.chat->look(now);
  if (stage_.feed) stage_.feed->look(now);
  if (stage_.track) stage_.track->look(now);
  generator_.look(now, phase_ && *phase_ != Phase::before);
  if (progress_) tell_progress(now);
}

void LiveRun::tell_progress(TimePoint now) {
  Progress progress;
  progress.at = now - start_;
  progress.length = end_ - start_;
  progress.phase = phase_ ? kPhaseNames[static_cast<std::size_t>(*phase_)] : "incumbents";
  const auto& incumbents = counts_[static_cast<std::size_t>(Cohort::incumbents)];
  const auto& newcomers = counts_[static_cast<std::size_t>(Cohort::newcomers)];
  progress.incumbents = incumbents.playing;
  progress.newcomers = newcomers.playing;
  progress.newcomers_waiting = newcomers.waiting;
  if (auto* group = known(Cohort::incumbents)) {
    const auto& report = report_.cohort(Cohort::incumbents);
    progress.incumbents_stalled = report[Phase::surge].viewers_stalled + report[Phase::after].viewers_stalled;
    progress.media_p99 = group->recorder.media_of_second();
  }
  std::uint64_t bytes = 0;
  for (auto& one : groups_) {
    if (!one) continue;
    bytes += one->recorder.byte_total();
    progress.refused += one->recorder.refused_total();
    progress.errors += one->recorder.error_total();
  }
  progress.bits_per_second = static_cast<double>(bytes - bytes_told_) * 8;
  bytes_told_ = bytes;
  progress.lag = generator_.lag_of_second();
  progress_(progress);
}

}  // namespace levee::surge
