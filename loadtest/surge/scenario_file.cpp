#include "surge/scenario_file.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <spdlog/fmt/fmt.h>

#include "surge/embedded.hpp"
#include "surge/threshold.hpp"

namespace levee::surge {
namespace {

/// The host of a URL: "http://[::1]:80/a" has "::1".
std::string_view host_of(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find_first_of("/?#"));
  if (const auto user = url.rfind('@'); user != std::string_view::npos) url.remove_prefix(user + 1);
  if (url.starts_with('[')) return url.substr(1, url.find(']') - 1);
  return url.substr(0, url.rfind(':'));
}

/// "127.0.0.1" and its like: four numbers, the first 127.
bool is_loopback_v4(std::string_view host) {
  if (!host.starts_with("127.")) return false;
  int dots = 0;
  for (const char c : host) {
    if (c == '.') ++dots;
    if (c != '.' && (c < '0' || c > '9')) return false;
  }
  return dots == 3;
}

bool has_realtime(const Scenario& scenario) {
  return scenario.chat.count > 0 || scenario.feed.watchers > 0 || scenario.track.devices > 0;
}

void check_targets(const Scenario& scenario, std::vector<Fault>& faults) {
  const bool has_viewers = scenario.incumbents.count > 0 || scenario.newcomers.count > 0 ||
                           scenario.slow_readers.count > 0 || !has_realtime(scenario);
  if (scenario.targets.empty() && has_viewers)
    faults.emplace_back(
        "no target: --target URL of a multivariant playlist (http://HOST:PORT/.../index.m3u8)");
  std::vector<std::string> all = scenario.targets;
  for (const auto& one : {scenario.realtime.url, scenario.chat.url, scenario.publisher.rtmp_url}) {
    if (!one.empty()) all.push_back(one);
  }
  for (const auto& target : scenario.targets) {
    if (!target.starts_with("http://"))
      faults.push_back(fmt::format("target must begin with http://, is '{}'", target));
  }
  if (scenario.i_own_this_target) return;
  for (const auto& target : all) {
    if (!is_loopback(target))
      faults.push_back(
          fmt::format("{} is not this machine: a surge takes a server down, so say "
                      "--i-own-this-target if you may do that to it",
                      target));
  }
}

void check_realtime(const Scenario& scenario, std::vector<Fault>& faults) {
  const auto& url = scenario.realtime.url;
  if (scenario.chat.count > 0 && scenario.chat.url.empty() && url.empty())
    faults.emplace_back(
        "chat.count asks for chat clients, but neither realtime.url nor chat.url names a ws:// endpoint");
  if ((scenario.feed.watchers > 0 || scenario.track.devices > 0) && url.empty())
    faults.emplace_back("feeds and tracks need realtime.url, a ws:// endpoint (--realtime)");
  const bool blinks = scenario.feed.blink_every > Duration{0};
  if (blinks && scenario.feed.blink_for >= scenario.feed.blink_every)
    faults.emplace_back("feed.blink_for must be shorter than feed.blink_every");
  if (scenario.feed.acting + scenario.feed.sleeping > 1)
    faults.emplace_back("feed.acting and feed.sleeping must not be more than 1 together");
  if (scenario.track.offline_for >= scenario.track.offline_every)
    faults.emplace_back("track.offline_for must be shorter than track.offline_every");
}

}  // namespace

bool is_loopback(std::string_view url) {
  const auto host = host_of(url);
  return host == "localhost" || host == "::1" || is_loopback_v4(host);
}

std::optional<ScenarioText> find_scenario(const std::string& name) {
  namespace fs = std::filesystem;
  const fs::path path{name};
  std::error_code ignored;
  if (fs::is_regular_file(path, ignored)) {
    std::ifstream file{path, std::ios::binary};
    std::ostringstream text;
    if (file && text << file.rdbuf())
      return ScenarioText{path.stem().string(), path.filename().string(), text.str()};
  }
  for (const auto& embedded : embedded_scenarios()) {
    if (embedded.name == name + ".toml")
      return ScenarioText{name, std::string{embedded.name}, std::string{embedded.text}};
  }
  return std::nullopt;
}

std::string scenario_list() {
  std::string list;
  for (const auto& embedded : embedded_scenarios()) {
    Scenario scenario;
    ScenarioTable table{scenario};
    table.read_toml(embedded.text, embedded.name);
    const auto name = embedded.name.substr(0, embedded.name.rfind('.'));
    list += fmt::format("  {:<17} {}\n", name, scenario.description);
  }
  return list;
}

std::vector<Fault> check_together(const Scenario& scenario) {
  std::vector<Fault> faults;
  check_targets(scenario, faults);
  for (const auto& text : scenario.thresholds) {
    std::string fault;
    if (!Threshold::parse(text, fault)) faults.push_back(fault);
  }
  if (scenario.weak.share + scenario.flapping.share > 1)
    faults.emplace_back("weak.share and flapping.share must not be more than 1 together");
  if (scenario.weak.link.stutter_for > Duration{0} &&
      scenario.weak.link.stutter_for >= scenario.weak.link.stutter_every)
    faults.emplace_back("weak.stutter_for must be shorter than weak.stutter_every");
  check_realtime(scenario, faults);
  if (!scenario.publisher.flv_file.empty() && scenario.publisher.rtmp_url.empty())
    faults.emplace_back("publisher.flv_file is to be published, but publisher.rtmp_url says not where");
  if (scenario.profile == Profile::publisher_blink && scenario.publisher.flv_file.empty())
    faults.emplace_back(
        "the profile publisher-blink needs publisher.flv_file: the harness can only drop its own publisher");
  if (scenario.limit.least > scenario.limit.most)
    faults.emplace_back("limit.least must be at most limit.most");
  return faults;
}

}  // namespace levee::surge
