#include "surge/command_line.hpp"

#include <array>
#include <charconv>
#include <optional>

#include <spdlog/fmt/fmt.h>

#include "surge/scenario_file.hpp"

namespace levee::surge {
namespace {

using Action = CommandLine::Action;

struct Verb {
  std::string_view word;
  Action action;
};
constexpr std::array kVerbs{
    Verb{"run", Action::run},           Verb{"limit", Action::limit},
    Verb{"merge", Action::merge},       Verb{"scenarios", Action::scenarios},
    Verb{"show", Action::show},         Verb{"metrics", Action::metrics},
    Verb{"help", Action::help},         Verb{"--help", Action::help},
    Verb{"-h", Action::help},           Verb{"version", Action::version},
    Verb{"--version", Action::version},
};

/// A flag that sets one setting of the scenario.
struct Flag {
  std::string_view flag;
  std::string_view key;
  std::string_view fixed;  ///< its value; empty: the next argument
};
constexpr std::array kFlags{
    Flag{"--incumbents", "incumbents.count", ""},
    Flag{"--newcomers", "newcomers.count", ""},
    Flag{"--within", "newcomers.within", ""},
    Flag{"--profile", "profile", ""},
    Flag{"--warm-up", "warm_up", ""},
    Flag{"--hold", "hold", ""},
    Flag{"--cool-down", "cool_down", ""},
    Flag{"--seed", "seed", ""},
    Flag{"--metrics-url", "metrics_url", ""},
    Flag{"--publish", "publisher.flv_file", ""},
    Flag{"--publish-to", "publisher.rtmp_url", ""},
    Flag{"--realtime", "realtime.url", ""},
    Flag{"--chat", "chat.url", ""},
    Flag{"--chat-clients", "chat.count", ""},
    Flag{"--agents", "agents", ""},
    Flag{"--busy-poll", "busy_poll", "true"},
    Flag{"--json", "output.json", ""},
    Flag{"--html", "output.html", ""},
    Flag{"--quiet", "output.progress", "false"},
    Flag{"--plain", "player.low_latency", "false"},
    Flag{"--i-own-this-target", "i_own_this_target", "true"},
};

/// "2/3" as two numbers, the first from 1 to the second.
bool read_share(std::string_view text, std::uint32_t& part, std::uint32_t& whole) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return false;
  const char* const end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), text.data() + slash, part);
  const auto second = std::from_chars(text.data() + slash + 1, end, whole);
  const bool numbers = first.ec == std::errc{} && first.ptr == text.data() + slash &&
                       second.ec == std::errc{} && second.ptr == end;
  return numbers && part >= 1 && part <= whole && whole <= 1024;
}

/// Takes the arguments one by one.
class Reader {
 public:
  explicit Reader(std::span<const char* const> arguments) : arguments_{arguments} {}

  CommandLine read() {
    if (arguments_.empty()) line_.action = Action::help;
    while (at_ < arguments_.size() && line_.fault.empty()) {
      const std::string_view argument = arguments_[at_++];
      if (at_ == 1 && take_verb(argument)) continue;
      if (argument == "--help" || argument == "-h") {
        line_.action = Action::help;
      } else if (argument.starts_with("-")) {
        take_flag(argument);
      } else {
        take_word(argument);
      }
    }
    if (line_.action == Action::merge && line_.files.empty() && line_.fault.empty())
      line_.fault = "merge needs the JSON files of the results";
    return std::move(line_);
  }

 private:
  bool take_verb(std::string_view argument) {
    for (const auto& verb : kVerbs) {
      if (verb.word != argument) continue;
      line_.action = verb.action;
      return true;
    }
    return false;
  }

  void take_word(std::string_view word) {
    const bool named =
        line_.action == Action::run || line_.action == Action::limit || line_.action == Action::show;
    if (line_.action == Action::merge) {
      line_.files.emplace_back(word);
    } else if (named && !scenario_named_) {
      line_.scenario = word;
      scenario_named_ = true;
    } else {
      line_.fault = fmt::format("unexpected argument '{}'", word);
    }
  }

  void take_flag(std::string_view argument) {
    const auto equals = argument.find('=');
    given_.reset();
    if (equals != std::string_view::npos) given_ = argument.substr(equals + 1);
    const auto name = argument.substr(0, equals);
    for (const auto& flag : kFlags) {
      if (flag.flag != name) continue;
      if (!flag.fixed.empty() && given_) {
        line_.fault = fmt::format("{} takes no value", name);
        return;
      }
      const auto value = flag.fixed.empty() ? value_of(name) : std::string{flag.fixed};
      line_.settings.push_back({std::string{flag.key}, value, std::string{name}});
      return;
    }
    take_other(name, argument);
  }

  void take_other(std::string_view name, std::string_view argument) {
    if (name == "--no-thresholds" && !given_) {
      line_.no_thresholds = true;
    } else if (name == "--target") {
      line_.targets.push_back(value_of(name));
    } else if (name == "--threshold") {
      line_.thresholds.push_back(value_of(name));
    } else if (name == "--set") {
      const auto value = value_of(name);
      const auto equals = value.find('=');
      if (line_.fault.empty() && equals == std::string::npos)
        line_.fault = fmt::format("--set needs key=value, got '{}'", value);
      else
        line_.settings.push_back({value.substr(0, equals), value.substr(equals + 1), "--set"});
    } else if (name == "--agent-of") {
      const auto value = value_of(name);
      if (line_.fault.empty() && !read_share(value, line_.host, line_.hosts))
        line_.fault = fmt::format("--agent-of needs HOST/HOSTS such as 2/3, got '{}'", value);
    } else if (name == "--start-at") {
      const auto value = value_of(name);
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), line_.start_at_s);
      if (line_.fault.empty() && (error != std::errc{} || end != value.data() + value.size()))
        line_.fault = fmt::format("--start-at needs a Unix time in seconds, got '{}'", value);
    } else {
      line_.fault = fmt::format("unknown argument '{}'", argument);
    }
  }

  std::string value_of(std::string_view flag) {
    if (given_) return std::string{*given_};
    if (at_ < arguments_.size()) return arguments_[at_++];
    line_.fault = fmt::format("{} needs a value", flag);
    return {};
  }

  std::span<const char* const> arguments_;
  std::size_t at_ = 0;
  std::optional<std::string_view> given_;  ///< after the = of the flag that is read
  bool scenario_named_ = false;
  CommandLine line_;
};

}  // namespace

CommandLine read_command_line(std::span<const char* const> arguments) { return Reader{arguments}.read(); }

LoadedScenario load_scenario(const CommandLine& line) {
  LoadedScenario loaded;
  ScenarioTable table{loaded.scenario};
  std::vector<Fault> more;
  if (const auto found = find_scenario(line.scenario)) {
    loaded.scenario.name = found->name;
    table.read_toml(found->text, found->file);
  } else {
    more.push_back(fmt::format("there is no scenario '{}': neither a file nor one of these\n{}",
                               line.scenario, scenario_list()));
  }
  for (const auto& setting : line.settings) table.set(setting.key, setting.value, setting.flag);
  auto& scenario = loaded.scenario;
  if (!line.targets.empty()) scenario.targets = line.targets;
  if (line.no_thresholds) scenario.thresholds.clear();
  scenario.thresholds.insert(scenario.thresholds.end(), line.thresholds.begin(), line.thresholds.end());
  loaded.settings = table.values();
  loaded.faults = table.faults();
  loaded.faults.insert(loaded.faults.end(), more.begin(), more.end());
  if (loaded.faults.empty()) loaded.faults = check_together(scenario);
  scenario.agent_index = (line.host - 1) * scenario.agents;
  scenario.agents *= line.hosts;
  scenario.start_at_ms = line.start_at_s * 1000;
  return loaded;
}

std::string help_text() {
  return R"(levee-surge: finds out whether a live HLS origin holds when many viewers come at once

  Every viewer is a player: it follows playlists, fetches segments or parts, drains its buffer in
  real time and stalls when that runs dry. Those who watch already (incumbents) and those who arrive
  (newcomers) are measured apart. Run it against a server of your own, before a launch.

usage: levee-surge [run] [SCENARIO] --target URL [flags]   play a scenario (default: surge)
       levee-surge limit [SCENARIO] --target URL [flags]   find the most viewers for which it holds
       levee-surge merge A.json B.json... [flags]          one result out of those of several hosts
       levee-surge scenarios                               the scenarios that come with it
       levee-surge show SCENARIO                           prints one, to begin your own with
       levee-surge metrics                                 what thresholds may be about

  for a first look: levee-surge --target http://127.0.0.1:8080/live/mystream/index.m3u8

what to do
  --target URL           a stream's multivariant playlist; several share the viewers evenly
  --i-own-this-target    allows a target that is not this machine
  --incumbents N         viewers that are in and steady before the surge
  --newcomers N          viewers that arrive in the surge
  --within TIME          over this time: 1s, 500ms
  --plain                players without low latency: whole segments
  --profile NAME         surge, ramp, stairs, spike-and-leave, reconnect, weak, slow-readers, flapping,
                         publisher-blink
  --warm-up, --hold, --cool-down TIME     before, in and after the surge
  --seed N               the same seed makes the same arrivals
  --realtime URL         where chat, feeds and tracks are: ws://HOST:PORT/rt
  --chat URL, --chat-clients N            chat clients beside the viewers
  --publish FILE.flv, --publish-to URL    publishes the stream by itself, to rtmp://HOST:PORT/live/KEY
  --set KEY=VALUE        any other setting of a scenario; `levee-surge show surge` explains them

what counts
  --threshold 'METRIC OP BOUND'   what must hold, beside the scenario's own; may be given often:
                           'incumbents.stalled_fraction == 0'    'newcomers.startup.p99 < 3s'
                           'incumbents.part_fetch.p99 < 1.5x before or 15ms'
  --no-thresholds        leaves those of the scenario out
  --metrics-url URL      the server's Prometheus metrics, for what gave way and the plots

what comes out
  --html FILE            one page with plots, complete in itself
  --json FILE            everything, for machines and for merge
  --quiet                no progress line

more than one core or host
  --agents N             processes on this host
  --busy-poll            never sleep, where the server is on this machine and has other cores: to wake
                         a viewer then costs it as little as if the viewer were elsewhere
  --agent-of I/N         this is host I of N: each does its share and writes --json; then merge
  --start-at UNIXTIME    all hosts begin then: --start-at $(date -d '+1 min' +%s), worked out once

exit code: 0 every threshold held, 1 one broke, 2 bad usage, 3 the target can't be reached,
           4 the generator itself was the bottleneck: the run says nothing about the server
)";
}

}  // namespace levee::surge
