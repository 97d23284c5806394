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
  if (targets.empty()) return unreachable(scenario, "no target given");
  auto chat = plan_chat(scenario, targets.front().path);
  if (!chat) return unreachable(scenario, scenario.chat.url + ": " + chat.error().message());
  if (chat->count > 0)
    stage.chat = std::make_unique<ChatAudience>(stage.network, stage.chatted, std::move(*chat));
  LiveRun live{scenario, stage, std::move(targets), progress, stop};
  return live.finish();
}

}  // namespace levee::surge
