#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace levee::test {

/// The text of tests/golden/<name>. With LEVEE_UPDATE_GOLDEN set, `actual` is written there first: look at
/// the difference before it is committed.
inline std::string golden(const std::string& name, const std::string& actual) {
  const auto path = std::filesystem::path{LEVEE_SOURCE_DIR} / "tests" / "golden" / name;
  if (std::getenv("LEVEE_UPDATE_GOLDEN") != nullptr) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream{path, std::ios::binary} << actual;
  }
  std::ostringstream text;
  text << std::ifstream{path, std::ios::binary}.rdbuf();
  return text.str();
}

}  // namespace levee::test
