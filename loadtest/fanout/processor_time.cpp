#include "fanout/processor_time.hpp"

#include <ctime>
#include <fstream>
#include <sstream>
#include <string>
#include <unistd.h>

namespace levee::fanout {
namespace {

// Fields of /proc/PID/stat after the name, which ends with a bracket and may hold spaces (proc(5)).
constexpr int kFieldsBeforeTimes = 11;

std::int64_t ticks_of(int pid) {
  std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
  std::string text;
  std::getline(file, text);
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream fields{text.substr(name_end + 1)};
  std::string skipped;
  for (int i = 0; i < kFieldsBeforeTimes; ++i) fields >> skipped;
  std::int64_t user = 0;
  std::int64_t kernel = 0;
  fields >> user >> kernel;
  return user + kernel;
}

}  // namespace

Duration processor_time_of(const std::vector<int>& pids) {
  std::int64_t ticks = 0;
  for (const int pid : pids) ticks += ticks_of(pid);
  return std::chrono::nanoseconds{ticks * (1'000'000'000 / ::sysconf(_SC_CLK_TCK))};
}

Duration own_processor_time() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

}  // namespace levee::fanout
