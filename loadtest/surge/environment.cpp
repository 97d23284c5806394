#include "surge/environment.hpp"

#include <fstream>
#include <sched.h>

#include <sys/utsname.h>

namespace levee::surge {
namespace {

std::string processor_name() {
  std::ifstream file{"/proc/cpuinfo"};
  for (std::string line; std::getline(file, line);) {
    const auto colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return {};
}

std::string first_line_of(const char* path) {
  std::ifstream file{path};
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace

Environment read_environment(std::string_view version) {
  Environment environment;
  utsname name{};
  if (uname(&name) == 0) environment.kernel = std::string{name.sysname} + " " + name.release;
  environment.processor = processor_name();
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof cores, &cores) == 0)
    environment.cores = static_cast<std::uint32_t>(CPU_COUNT(&cores));
  environment.congestion_control = first_line_of("/proc/sys/net/ipv4/tcp_congestion_control");
  environment.version = version;
  return environment;
}

}  // namespace levee::surge
