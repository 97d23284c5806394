#include "surge/run.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "surge/descriptor_limit.hpp"
#include "surge/live_run.hpp"
#include "surge/stage.hpp"
#include "surge/target.hpp"

namespace levee::surge {
namespace {

constexpr Duration kPatience = std::chrono::seconds{2};
constexpr Duration kPatienceWithPublisher =
    std::chrono::seconds{20};  // a stream takes a while to become playable

RunReport unreachable(const Scenario& scenario, std::string why) {
  RunReport report;
  report.scenario = scenario.name;
  report.seed = scenario.seed;
  report.target_error = std::move(why);
  return report;
}

/// Brings the realtime clients that the scenario asks for. Gives why that is not possible.
std::string seat_realtime(const Scenario& scenario, const std::string& stream, Stage& stage) {
  auto chat = plan_chat(scenario, stream);
  auto feed = plan_feed(scenario);
  auto track = plan_track(scenario);
  const auto error = !chat ? chat.error() : !feed ? feed.error() : !track ? track.error() : ErrorCode{};
  if (error) return scenario.realtime.url + scenario.chat.url + ": " + error.message();
  if (chat->count > 0)
    stage.chat = std::make_unique<ChatAudience>(stage.network, stage.chatted, std::move(*chat));
  if (feed->settings.watchers > 0)
    stage.feed = std::make_unique<FeedAudience>(stage.network, stage.fed, std::move(*feed));
  if (track->settings.devices > 0)
    stage.track = std::make_unique<TrackAudience>(stage.network, stage.tracked, std::move(*track));
  return {};
}

}  // namespace

RunReport run(const Scenario& scenario, const ProgressSink& progress, const std::atomic<bool>& stop) {
  raise_descriptor_limit();
  Stage stage;
  auto publisher = make_publisher(stage.network, stage.published, scenario.publisher);
  if (!publisher)
    return unreachable(scenario, scenario.publisher.flv_file + ": " + publisher.error().message());
  stage.publisher = std::move(*publisher);
  if (stage.publisher) stage.publisher->start();

  std::vector<Target> targets;
  for (const auto& url : scenario.targets) {
    auto target = resolve_target(url);
    if (!target) return unreachable(scenario, url + ": " + target.error().message());
    Knock knock{stage};
    const auto fault = knock.ask(*target, stage.publisher ? kPatienceWithPublisher : kPatience);
    if (!fault.empty()) return unreachable(scenario, url + ": " + fault);
    targets.push_back(std::move(*target));
  }
  const auto fault = seat_realtime(scenario, targets.empty() ? std::string{} : targets.front().path, stage);
  if (!fault.empty()) return unreachable(scenario, fault);
  LiveRun live{scenario, stage, std::move(targets), progress, stop};
  return live.finish();
}

}  // namespace levee::surge
