#include "surge/agents.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <optional>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>
#include <sys/wait.h>

#include "levee/base/unix_time.hpp"

namespace levee::surge {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;

// What an agent tells the coordinator through its pipe, a line each: {"progress": {...}} while it plays, and
// one
// {"report": "..."} or {"failed": "..."} at the end.

constexpr std::int64_t kTimeToStartMs = 500;  ///< for all forks to be ready

/// Those of a Progress that add up over the agents, and those of which the greatest counts.
struct SumField {
  const char* name;
  std::uint64_t Progress::*member;
};
struct TimeField {
  const char* name;
  Duration Progress::*member;
};
constexpr std::array kSums{
    SumField{"incumbents", &Progress::incumbents},
    SumField{"newcomers", &Progress::newcomers},
    SumField{"newcomers_waiting", &Progress::newcomers_waiting},
    SumField{"incumbents_stalled", &Progress::incumbents_stalled},
    SumField{"refused", &Progress::refused},
    SumField{"errors", &Progress::errors},
};
constexpr std::array kTimes{
    TimeField{"at", &Progress::at},
    TimeField{"length", &Progress::length},
    TimeField{"media_p99", &Progress::media_p99},
    TimeField{"lag", &Progress::lag},
};

nlohmann::json written(const Progress& progress) {
  nlohmann::json json{{"phase", progress.phase}, {"bits_per_second", progress.bits_per_second}};
  for (const auto& field : kSums) json[field.name] = progress.*field.member;
  for (const auto& field : kTimes)
    json[field.name] = duration_cast<microseconds>(progress.*field.member).count();
  return json;
}

Progress read_progress(const nlohmann::json& json) {
  Progress progress;
  json.at("phase").get_to(progress.phase);
  json.at("bits_per_second").get_to(progress.bits_per_second);
  for (const auto& field : kSums) json.at(field.name).get_to(progress.*field.member);
  for (const auto& field : kTimes)
    progress.*field.member = microseconds{json.at(field.name).get<std::int64_t>()};
  return progress;
}

void add(Progress& all, const Progress& one) {
  if (!one.phase.empty()) all.phase = one.phase;
  all.bits_per_second += one.bits_per_second;
  for (const auto& field : kSums) all.*field.member += one.*field.member;
  for (const auto& field : kTimes) all.*field.member = std::max(all.*field.member, one.*field.member);
}

void write_line(int pipe, const nlohmann::json& json) {
  const auto text = json.dump() + "\n";
  for (std::size_t sent = 0; sent < text.size();) {
    const auto size = write(pipe, text.data() + sent, text.size() - sent);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return;  // the coordinator is gone; there is nobody to tell
    sent += static_cast<std::size_t>(size);
  }
}

/// The whole life of a forked agent.
[[noreturn]] void be_agent(const Scenario& share, const Play& play, const std::atomic<bool>& stop, int pipe) {
  try {
    const auto tell = [pipe](const Progress& progress) {
      write_line(pipe, {{"progress", written(progress)}});
    };
    const auto report = play(share, tell, stop);
    write_line(pipe, {{"report", to_json_text(report)}});
  } catch (const std::exception& error) {
    write_line(pipe, {{"failed", error.what()}});
  }
  _exit(0);  // the coordinator's own objects and buffers are not ours to end
}

/// A forked agent as the coordinator sees it. Its process is waited for in the destructor.
class Agent {
 public:
  Agent(const Scenario& share, const Play& play, const std::atomic<bool>& stop) {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) throw std::runtime_error{"no pipe for an agent: out of file descriptors?"};
    std::fflush(nullptr);
    process_ = fork();
    if (process_ < 0) throw std::runtime_error{"an agent could not be started"};
    if (process_ == 0) {
      close(ends[0]);
      be_agent(share, play, stop, ends[1]);
    }
    close(ends[1]);
    pipe_ = ends[0];
  }
  Agent(Agent&& other) noexcept
      : process_{std::exchange(other.process_, -1)}, pipe_{std::exchange(other.pipe_, -1)} {}
  Agent& operator=(Agent&&) = delete;
  ~Agent() {
    if (process_ > 0 && !report_) stop();
    if (pipe_ >= 0) close(pipe_);
    while (process_ > 0 && waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }

  int pipe_end() const { return pipe_; }
  bool open() const { return pipe_ >= 0; }
  const Progress& progress() const { return progress_; }
  const std::optional<RunReport>& report() const { return report_; }
  const std::string& failure() const { return failure_; }
  void stop() const { kill(process_, SIGTERM); }

  /// Takes what is there to be read.
  void read_some() {
    std::array<char, 65'536> buffer;
    const auto size = read(pipe_, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) return;
    if (size <= 0) {
      close(std::exchange(pipe_, -1));
      return;
    }
    pending_.append(buffer.data(), static_cast<std::size_t>(size));
    for (auto end = pending_.find('\n'); end != std::string::npos; end = pending_.find('\n')) {
      take(nlohmann::json::parse(pending_.substr(0, end)));
      pending_.erase(0, end + 1);
    }
  }

 private:
  void take(const nlohmann::json& line) {
    if (line.contains("progress")) {
      progress_ = read_progress(line.at("progress"));
    } else if (line.contains("report")) {
      report_ = report_from_json(line.at("report").get<std::string>());
    } else {
      failure_ = line.at("failed").get<std::string>();
    }
  }

  pid_t process_ = -1;
  int pipe_ = -1;
  std::string pending_;
  Progress progress_;
  std::optional<RunReport> report_;
  std::string failure_;
};

/// Reads what the agents tell until all have ended, and passes their progress on once a second.
void attend(std::vector<Agent>& agents, const ProgressSink& progress, const std::atomic<bool>& stop) {
  bool told_to_stop = false;
  auto next_told = Clock::now() + std::chrono::seconds{1};
  for (;;) {
    std::vector<pollfd> waiting;
    for (const auto& agent : agents) {
      if (agent.open()) waiting.push_back({agent.pipe_end(), POLLIN, 0});
    }
    if (waiting.empty()) return;
    poll(waiting.data(), waiting.size(), 100);
    for (auto& agent : agents) {
      for (const auto& one : waiting) {
        if (one.fd == agent.pipe_end() && one.revents != 0 && agent.open()) agent.read_some();
      }
    }
    if (stop && !std::exchange(told_to_stop, true)) {
      for (const auto& agent : agents) agent.stop();
    }
    if (Clock::now() < next_told) continue;
    next_told += std::chrono::seconds{1};
    Progress all;
    for (const auto& agent : agents) add(all, agent.progress());
    if (progress) progress(all);
  }
}

}  // namespace

RunReport play_with_agents(const Scenario& scenario, std::uint32_t processes, const Play& play,
                           const ProgressSink& progress, const std::atomic<bool>& stop) {
  if (processes <= 1) return play(scenario, progress, stop);
  auto share = scenario;
  if (share.start_at_ms == 0) share.start_at_ms = unix_ms() + kTimeToStartMs;
  std::vector<Agent> agents;
  for (std::uint32_t i = 0; i < processes; ++i) {
    share.agent_index = scenario.agent_index + i;
    agents.emplace_back(share, play, stop);
  }
  attend(agents, progress, stop);
  std::optional<RunReport> all;
  for (std::size_t i = 0; i < agents.size(); ++i) {
    const auto& agent = agents[i];
    if (!agent.report())
      throw std::runtime_error{fmt::format("agent {} ended without a result{}{}", i + 1,
                                           agent.failure().empty() ? "" : ": ", agent.failure())};
    if (all) {
      merge(*all, *agent.report());
    } else {
      all = agent.report();
    }
  }
  return *all;
}

}  // namespace levee::surge
