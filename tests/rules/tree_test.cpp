// The rules, applied to this project.
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "coroutine_rules.hpp"
#include "layer_rules.hpp"
#include "text_rules.hpp"

namespace levee::rules {
namespace {

const std::string kRoot = LEVEE_SOURCE_DIR;

const std::vector<SourceFile>& product() {
  static const auto files = read_sources(kRoot, {"include", "src", "loadtest/surge", "loadtest/sim",
                                                 "loadtest/fanout", "loadtest/fetch", "loadtest/tracks"});
  return files;
}

// Samples of bad code stand in the tests of the rules themselves: they are left out.
const std::vector<SourceFile>& everything() {
  static const auto files = [] {
    std::vector<SourceFile> kept;
    for (auto& file : read_sources(kRoot, {"include", "src", "tests", "loadtest"})) {
      if (!file.path.starts_with("tests/rules/")) kept.push_back(std::move(file));
    }
    return kept;
  }();
  return files;
}

const LayerTable& table() {
  static const auto read = [] {
    std::ifstream in{kRoot + "/docs/architecture.md"};
    std::ostringstream text;
    text << in.rdbuf();
    return read_layer_table(text.str());
  }();
  return read;
}

void expect_none(const std::vector<SourceFile>& files,
                 const std::function<std::vector<Finding>(const SourceFile&)>& check) {
  ASSERT_FALSE(files.empty());
  for (const auto& file : files) {
    for (const auto& finding : check(file)) ADD_FAILURE() << to_string(finding);
  }
}

TEST(Tree, EveryFolderHasARowInTheLayerTable) {
  ASSERT_FALSE(table().empty()) << "no layer table in docs/architecture.md";
  std::set<std::string> folders;
  for (const auto& file : product()) folders.insert(folder_of(file.path));
  for (const auto& finding : check_table(table(), folders)) ADD_FAILURE() << to_string(finding);
}

TEST(Tree, FoldersIncludeOnlyWhatTheLayerTableAllows) {
  expect_none(product(), [](const SourceFile& file) { return check_layers(file, table()); });
}

TEST(Tree, PureFoldersTouchNoClockThreadFileOrLog) { expect_none(product(), check_purity); }

TEST(Tree, CoAwaitStandsAloneAndWithoutTemporaries) { expect_none(everything(), check_co_await); }

TEST(Tree, CoroutinesAreStartedByTaskGroupAlone) { expect_none(everything(), check_spawning); }

TEST(Tree, HeadersAreCompleteAndDocumented) { expect_none(everything(), check_header); }

TEST(Tree, EveryFileHasOneSubject) { expect_none(everything(), check_subject); }

}  // namespace
}  // namespace levee::rules
