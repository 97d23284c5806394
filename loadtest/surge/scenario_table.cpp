#include "surge/scenario_table.hpp"

#include <spdlog/fmt/fmt.h>

#include "surge/quantity.hpp"

namespace levee::surge {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::int64_t kMostViewers = 10'000'000;

}  // namespace

void ScenarioTable::texts(std::string key, std::vector<std::string>& variable) {
  const auto take = [&variable](const toml::node& node) -> std::string {
    constexpr auto kExpected = "must be a text or a list of texts";
    std::vector<std::string> all;
    if (const auto one = node.value_exact<std::string>()) {
      all.push_back(*one);
    } else if (const auto* list = node.as_array()) {
      for (const auto& element : *list) {
        const auto text = element.value_exact<std::string>();
        if (!text) return kExpected;
        all.push_back(*text);
      }
    } else {
      return kExpected;
    }
    variable = std::move(all);
    return {};
  };
  add(std::move(key), take, [&variable] {
    std::string shown;
    for (const auto& one : variable) shown += (shown.empty() ? "" : "; ") + one;
    return shown;
  });
}

void ScenarioTable::time(std::string key, Duration& variable, Duration least, Duration most) {
  const auto expected = fmt::format("must be a time from {} to {} such as \"10s\" or \"250ms\"",
                                    write_time(least), write_time(most));
  add(
      std::move(key),
      [&variable, least, most, expected](const toml::node& node) -> std::string {
        const auto value = node.value_exact<std::string>();
        const auto time = value ? read_time(*value) : std::nullopt;
        if (!time || *time < least || *time > most) return expected;
        variable = *time;
        return {};
      },
      [&variable] { return write_time(variable); });
}

void ScenarioTable::profile(Profile& variable) {
  choice(
      "profile", {kProfileNames.begin(), kProfileNames.end()},
      [&variable](std::size_t place) { variable = static_cast<Profile>(place); },
      [&variable] { return static_cast<std::size_t>(variable); });
}

ScenarioTable::ScenarioTable(Scenario& scenario) : SettingsTable{"a scenario"} {
  bind_run(scenario);
  bind_viewers(scenario);
  bind_player(scenario.player);
  bind_realtime(scenario);
  bind_others(scenario);
}

void ScenarioTable::bind_run(Scenario& scenario) {
  text("description", scenario.description);
  profile(scenario.profile);
  texts("target", scenario.targets);
  text("metrics_url", scenario.metrics_url);
  boolean("i_own_this_target", scenario.i_own_this_target);
  time("warm_up", scenario.warm_up, seconds{0}, hours{1});
  time("hold", scenario.hold, seconds{1}, hours{24});
  time("cool_down", scenario.cool_down, seconds{0}, hours{1});
  number("seed", scenario.seed, 0, INT64_MAX);
  number("agents", scenario.agents, 1, 1024);
  boolean("busy_poll", scenario.busy_poll);
  texts("thresholds", scenario.thresholds);
  text("output.json", scenario.outputs.json);
  text("output.html", scenario.outputs.html);
  boolean("output.progress", scenario.outputs.progress);
}

void ScenarioTable::bind_viewers(Scenario& scenario) {
  number("incumbents.count", scenario.incumbents.count, 0, kMostViewers);
  time("incumbents.within", scenario.incumbents.within, seconds{0}, hours{1});
  auto& newcomers = scenario.newcomers;
  number("newcomers.count", newcomers.count, 0, kMostViewers);
  time("newcomers.within", newcomers.within, seconds{0}, hours{24});
  number("newcomers.steps", newcomers.steps, 1, 10'000);
  time("newcomers.step_hold", newcomers.step_hold, milliseconds{100}, hours{1});
  time("newcomers.leave_after", newcomers.leave_after, seconds{0}, hours{24});
  real("weak.share", scenario.weak.share, 0, 1);
  number("weak.rate_bps", scenario.weak.link.rate_bps, 0, 100'000'000'000);
  time("weak.stutter_every", scenario.weak.link.stutter_every, seconds{0}, hours{1});
  time("weak.stutter_for", scenario.weak.link.stutter_for, seconds{0}, hours{1});
  number("slow_readers.count", scenario.slow_readers.count, 0, kMostViewers);
  number("slow_readers.rate_bps", scenario.slow_readers.rate_bps, 0, 100'000'000'000);
  real("flapping.share", scenario.flapping.share, 0, 1);
  time("flapping.up", scenario.flapping.up, milliseconds{10}, hours{1});
  time("flapping.down", scenario.flapping.down, milliseconds{10}, hours{1});
}

void ScenarioTable::bind_player(PlayerSettings& player) {
  boolean("player.low_latency", player.low_latency);
  time("player.start_buffer", player.start_buffer, seconds{0}, hours{1});
  time("player.buffer_goal", player.buffer_goal, milliseconds{100}, hours{1});
  text("player.start_rung", player.start_rung);
  boolean("player.adapt", player.adapt);
  time("player.request_timeout", player.request_timeout, milliseconds{100}, hours{1});
  number("player.connections", player.connections, 1, 16);
  boolean("player.reload_on_drop", player.reload_on_drop);
}

void ScenarioTable::bind_realtime(Scenario& scenario) {
  text("realtime.url", scenario.realtime.url);
  text("realtime.token", scenario.realtime.token);
  auto& chat = scenario.chat;
  number("chat.count", chat.count, 0, kMostViewers);
  text("chat.url", chat.url);
  text("chat.channel", chat.channel);
  real("chat.messages_per_second", chat.messages_per_second, 0, 1e6);
  auto& feed = scenario.feed;
  number("feed.watchers", feed.watchers, 0, kMostViewers);
  number("feed.publishers", feed.publishers, 1, 1000);
  text("feed.channel", feed.channel);
  number("feed.keys", feed.keys, 1, 1000);
  real("feed.records_per_second", feed.records_per_second, 0.01, 2000);
  time("feed.ttl", feed.ttl, milliseconds{100}, hours{1});
  real("feed.acting", feed.acting, 0, 1);
  time("feed.act_every", feed.act_every, milliseconds{100}, hours{1});
  real("feed.sleeping", feed.sleeping, 0, 1);
  time("feed.sleep_for", feed.sleep_for, milliseconds{100}, hours{1});
  time("feed.sleep_every", feed.sleep_every, seconds{1}, hours{1});
  time("feed.blink_every", feed.blink_every, seconds{0}, hours{1});
  time("feed.blink_for", feed.blink_for, milliseconds{10}, hours{1});
  auto& track = scenario.track;
  number("track.devices", track.devices, 0, kMostViewers);
  number("track.watchers", track.watchers, 0, kMostViewers);
  text("track.channel", track.channel);
  real("track.speed_mps", track.speed_mps, 0, 1000);
  real("track.offline", track.offline, 0, 1);
  time("track.offline_for", track.offline_for, milliseconds{10}, hours{1});
  time("track.offline_every", track.offline_every, seconds{1}, hours{24});
}

void ScenarioTable::bind_others(Scenario& scenario) {
  auto& publisher = scenario.publisher;
  text("publisher.flv_file", publisher.flv_file);
  text("publisher.rtmp_url", publisher.rtmp_url);
  number("publisher.blinks", publisher.blinks, 0, 10'000);
  time("publisher.blink_for", publisher.blink_for, milliseconds{10}, hours{1});
  time("publisher.blink_every", publisher.blink_every, milliseconds{100}, hours{1});
  boolean("publisher.abrupt", publisher.abrupt);
  auto& limit = scenario.limit;
  number("limit.least", limit.least, 1, kMostViewers);
  number("limit.most", limit.most, 1, kMostViewers);
  real("limit.precision", limit.precision, 0.001, 1);
  time("limit.settle", limit.settle, seconds{0}, hours{1});
  real("limit.arrivals_per_second", limit.arrivals_per_second, 0.1, 1e6);
  boolean("limit.steady", limit.steady);
  boolean("limit.surge", limit.surge);
}

}  // namespace levee::surge
