#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "levee/base/bytes.hpp"

namespace levee::test {

/// A directory of a test's own; removed with all in it when the test is over.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    auto name = (std::filesystem::temp_directory_path() / "levee-test-XXXXXX").string();
    if (!mkdtemp(name.data())) throw std::runtime_error{"mkdtemp"};
    path_ = name;
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  std::string file(const std::string& name) const { return (path_ / name).string(); }

  /// Writes a file and gives its path.
  std::string write(const std::string& name, BytesView bytes) const {
    std::ofstream out{path_ / name, std::ios::binary};
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return file(name);
  }

 private:
  std::filesystem::path path_;
};

/// What a shell command writes to standard output and error. Errors: std::runtime_error, with that text, when
/// the command fails.
inline std::string run_command(const std::string& command) {
  std::string output;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (!pipe) throw std::runtime_error{"popen"};
  char buffer[4096];
  while (const auto size = fread(buffer, 1, sizeof buffer, pipe)) output.append(buffer, size);
  if (pclose(pipe) != 0) throw std::runtime_error{command + "\n" + output};
  return output;
}

}  // namespace levee::test
