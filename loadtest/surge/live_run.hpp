#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include "surge/audience.hpp"
#include "surge/generator_watch.hpp"
#include "surge/run.hpp"
#include "surge/server_watch.hpp"
#include "surge/stage.hpp"

namespace levee::surge {

/// One run while it is under way: its clock, its audiences, and what happens to them when.
class LiveRun {
 public:
  /// Lifetime: all that is referred to outlives it.
  LiveRun(const Scenario& scenario, Stage& stage, std::vector<Target> targets, const ProgressSink& progress,
          const std::atomic<bool>& stop);

  /// Runs to the end, or until `stop`.
  RunReport finish();

 private:
  struct Event {
    TimePoint at;
    std::function<void(TimePoint)> happens;
  };
  struct Group {
    Recorder recorder;
    Audience audience;
    Group(std::string_view name, CohortReport& report, TimeSeries& series, TimePoint start, Network& network,
          PlayerContext& context)
        : recorder{name, report, series, start}, audience{network, context, recorder} {}
  };

  void plan_times();
  void plan_cohorts();
  void plan_profile();
  void plan_publisher();
  void plan_realtime();
  std::uint16_t server_port() const;
  void plan_stairs_end();
  void end_stairs(TimePoint now);
  bool broken_for_incumbents() const;
  Group& group(Cohort cohort);
  Group* known(Cohort cohort) { return groups_[static_cast<std::size_t>(cohort)].get(); }
  void plan_group(Cohort cohort, std::uint32_t count, TimePoint begin, std::vector<Duration> plan);
  void at(TimePoint when, std::function<void(TimePoint)> what);
  void mark(TimePoint when, std::string what);
  void enter(std::optional<Phase> phase, TimePoint now);

  void play();
  void start_tick();
  void tick(TimePoint now);
  void look(TimePoint now);
  void tell_progress(TimePoint now);
  void describe(RunReport& report) const;

  const Scenario& scenario_;
  std::vector<Target> targets_;
  const ProgressSink& progress_;
  const std::atomic<bool>& stop_;

  Stage& stage_;
  Network& network_;
  TimePoint start_;
  PlayerContext player_context_;
  RunReport report_;
  std::array<std::unique_ptr<Group>, kCohortNames.size()> groups_;
  GeneratorWatch generator_;
  ServerWatch server_;
  boost::asio::steady_timer ticker_;

  TimePoint t0_{}, arrivals_end_{}, surge_end_{}, hold_end_{}, end_{};
  std::vector<Event> events_;  ///< in order of time
  std::size_t happened_ = 0;
  std::optional<Phase> phase_;
  TimePoint next_look_{};
  unsigned looks_ = 0;
  std::array<Audience::Count, kCohortNames.size()> counts_{};
  std::uint64_t bytes_told_ = 0;
};

}  // namespace levee::surge
