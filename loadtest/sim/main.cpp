// levee-sim: surges at sizes beyond one machine, in virtual time, with the admission code of the server.
#include <cstdio>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <spdlog/fmt/fmt.h>

#include "sim/report.hpp"

namespace {

using levee::sim::Plan;

constexpr const char* kUsage =
    "usage: levee-sim [--name=value ...]\n"
    "  --factors=2,5,10      newcomers, as multiples of what the server can carry\n"
    "  --policies=none,bucket,aimd,levee\n"
    "  --plot=FILE.svg       the runs over one time axis\n"
    "  --samples=FILE.csv    the state of each run, twice a second\n"
    "  --table=no            no table\n"
    "  --check=yes           exit with 1 if a run of `levee` breaks a promise\n"
    "  and the numbers of the plan: --cores --bitrate --low_bitrate --part --in_step --cushion "
    "--surge_seconds\n"
    "  --incumbents_share --stay --horizon --disobedient --core_gigabits --request_us --rise --join_media\n"
    "  --seed\n";

struct Options {
  Plan plan;
  std::vector<double> factors{10};
  std::vector<std::string> policies{"levee"};
  std::string plot;
  std::string samples;
  bool table = true;
  bool check = false;
};

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> items{""};
  for (const char c : list) {
    if (c == ',') {
      items.emplace_back();
    } else {
      items.back() += c;
    }
  }
  return items;
}

void set(Options& options, const std::string& name, const std::string& value) {
  Plan& plan = options.plan;
  const std::map<std::string_view, double*> numbers{{"cores", &plan.cores},
                                                    {"bitrate", &plan.bitrate},
                                                    {"low_bitrate", &plan.low_bitrate},
                                                    {"part", &plan.part},
                                                    {"cushion", &plan.cushion},
                                                    {"rise", &plan.rise},
                                                    {"join_media", &plan.join_media},
                                                    {"surge_seconds", &plan.surge_seconds},
                                                    {"stay", &plan.stay},
                                                    {"horizon", &plan.horizon},
                                                    {"incumbents_share", &plan.incumbents_share},
                                                    {"disobedient", &plan.disobedient}};
  if (const auto number = numbers.find(name); number != numbers.end()) {
    *number->second = std::stod(value);
  } else if (name == "core_gigabits") {
    plan.core_bytes_per_second = std::stod(value) * 1e9 / 8;
  } else if (name == "request_us") {
    plan.request_seconds = std::stod(value) * 1e-6;
  } else if (name == "in_step") {
    plan.in_step = value == "yes";
  } else if (name == "seed") {
    plan.seed = static_cast<std::uint32_t>(std::stoul(value));
  } else if (name == "factors") {
    options.factors.clear();
    for (const auto& factor : split(value)) options.factors.push_back(std::stod(factor));
  } else if (name == "policies") {
    options.policies = split(value);
  } else if (name == "plot") {
    options.plot = value;
  } else if (name == "samples") {
    options.samples = value;
  } else if (name == "table") {
    options.table = value != "no";
  } else if (name == "check") {
    options.check = value == "yes";
  } else {
    throw std::invalid_argument{"unknown option --" + name};
  }
}

Options read_options(int count, char** words) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    const auto equals = word.find('=');
    if (!word.starts_with("--") || equals == std::string::npos)
      throw std::invalid_argument{"not understood: " + word};
    set(options, word.substr(2, equals - 2), word.substr(equals + 1));
  }
  return options;
}

void write_samples(const std::string& path, const std::vector<levee::sim::Run>& runs) {
  std::ofstream out{path};
  out << "factor,policy,at,watching,waiting,admitted,refused,late_p99,megabits,load,level\n";
  for (const auto& [plan, outcome] : runs) {
    for (const auto& one : outcome.samples) {
      out << fmt::format("{:g},{},{:.1f},{:.0f},{:.0f},{:.0f},{:.0f},{:.4f},{:.0f},{:.3f},{}\n", plan.factor,
                         outcome.policy, one.at, one.watching, one.waiting, one.admitted, one.refused,
                         one.late_p99, one.megabits, one.load, one.level);
    }
  }
  if (!out) throw std::runtime_error{"cannot write " + path};
}

int run(const Options& options) {
  std::vector<levee::sim::Run> runs;
  for (const double factor : options.factors) {
    for (const auto& policy : options.policies) {
      Plan plan = options.plan;
      plan.factor = factor;
      runs.push_back({plan, levee::sim::simulate(plan, policy)});
    }
  }
  if (options.table) fmt::print("{}", levee::sim::table(runs));
  if (!options.samples.empty()) write_samples(options.samples, runs);
  if (!options.plot.empty()) {
    const auto title = fmt::format("{:g} times the capacity of {:.0f} viewers arrive", options.factors.back(),
                                   runs.front().outcome.capacity);
    std::ofstream out{options.plot};
    out << levee::sim::picture(title, runs);
    if (!out) throw std::runtime_error{"cannot write " + options.plot};
  }
  int broken = 0;
  for (const auto& one : runs) {
    if (!options.check || one.outcome.policy != "levee") continue;
    for (const auto& what : levee::sim::broken_promises(one)) {
      fmt::print(stderr, "levee at {:g}x: {}\n", one.plan.factor, what);
      broken = 1;
    }
  }
  return broken;
}

}  // namespace

int main(int count, char** words) {
  try {
    return run(read_options(count, words));
  } catch (const std::exception& error) {
    fmt::print(stderr, "levee-sim: {}\n{}", error.what(), kUsage);
    return 2;
  }
}
