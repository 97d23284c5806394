#include "app/bus_state.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <system_error>

#include "levee/base/log.hpp"
#include "levee/base/unix_time.hpp"

namespace levee::app {

void restore_bus(const std::string& path, realtime::MemoryBus& bus) {
  if (path.empty()) return;
  std::ifstream file{path, std::ios::binary};
  if (!file) return;  // the first start, or the last process was killed
  const std::string saved{std::istreambuf_iterator<char>{file}, {}};
  file.close();
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
  const bool taken = bus.restore(saved, Clock::now(), unix_ms());
  spdlog::info("realtime state {} file={} bytes={}", taken ? "taken back" : "too old", log::value(path),
               saved.size());
}

void save_bus(const std::string& path, realtime::MemoryBus& bus) {
  if (path.empty()) return;
  // Whole or not at all: a reader finds the old name or the new one.
  const auto unfinished = path + ".new";
  {
    std::ofstream file{unfinished, std::ios::binary | std::ios::trunc};
    file << bus.save(Clock::now(), unix_ms());
    file.flush();
    if (!file) {
      spdlog::warn("realtime state not saved file={}", log::value(path));
      return;
    }
  }
  std::error_code failed;
  std::filesystem::rename(unfinished, path, failed);
  if (failed) spdlog::warn("realtime state not saved file={} error={}", log::value(path), failed.message());
}

}  // namespace levee::app
