#include "surge/server_process.hpp"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <unistd.h>

namespace levee::surge {
namespace {

namespace fs = std::filesystem;

// The inodes of sockets that listen on `port`, as links in /proc/PID/fd name them.
std::set<std::string> listening_sockets(std::uint16_t port) {
  constexpr const char* kListen = "0A";
  std::set<std::string> sockets;
  for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream in{table};
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line)) {
      std::istringstream fields{line};
      std::string number, local, remote, state, queues, timer, retransmits, user, time_out, inode;
      fields >> number >> local >> remote >> state >> queues >> timer >> retransmits >> user >> time_out >>
          inode;
      const auto colon = local.rfind(':');
      if (state != kListen || colon == std::string::npos) continue;
      if (std::stoul(local.substr(colon + 1), nullptr, 16) == port) sockets.insert("socket:[" + inode + "]");
    }
  }
  return sockets;
}

bool holds_one_of(const fs::path& process, const std::set<std::string>& sockets) {
  std::error_code error;
  for (fs::directory_iterator at{process / "fd", error}, end; !error && at != end; at.increment(error)) {
    std::error_code gone;
    if (sockets.contains(fs::read_symlink(at->path(), gone).string())) return true;
  }
  return false;
}

}  // namespace

std::vector<pid_t> listeners_on(std::uint16_t port) {
  std::vector<pid_t> found;
  const auto sockets = listening_sockets(port);
  std::error_code error;
  for (fs::directory_iterator at{"/proc", error}, end; !sockets.empty() && !error && at != end;
       at.increment(error)) {
    const auto name = at->path().filename().string();
    pid_t pid = 0;
    const auto [rest, fault] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (fault == std::errc{} && rest == name.data() + name.size() && holds_one_of(at->path(), sockets))
      found.push_back(pid);
  }
  return found;
}

ProcessUse use_of(const std::vector<pid_t>& processes) {
  const auto ticks = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  ProcessUse use;
  for (const auto pid : processes) {
    std::ifstream in{"/proc/" + std::to_string(pid) + "/stat"};
    std::string text;
    std::getline(in, text);
    const auto name_end = text.rfind(')');
    if (name_end == std::string::npos) continue;
    std::istringstream fields{text.substr(name_end + 1)};
    std::vector<std::string> values{std::istream_iterator<std::string>{fields}, {}};
    if (values.size() < 22) continue;
    // proc(5): after the name, utime is 12th, stime 13th, num_threads 18th, rss 22nd.
    ++use.processes;
    const auto spent = std::stoull(values[11]) + std::stoull(values[12]);
    use.cpu += std::chrono::milliseconds{static_cast<std::int64_t>(spent * 1000 / ticks)};
    use.threads += std::stoull(values[17]);
    use.resident_bytes += std::stoull(values[21]) * page;
  }
  return use;
}

}  // namespace levee::surge
