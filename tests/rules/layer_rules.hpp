#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "source_text.hpp"

namespace levee::rules {

/// One row of the layer table.
struct Layer {
  int floor = 0;
  std::set<std::string> may_include;  ///< folders; `all` stands for every one
  std::set<std::string> outside;      ///< outside libraries, by their name in the table
};

/// Folder name to its row.
using LayerTable = std::map<std::string, Layer>;

/// Reads the layer table out of docs/architecture.md: the rows of the form
/// "| floor | `folder` | what it is | `may` `include` | outside libraries |". The document is the rule; there
/// is no second copy of the table.
LayerTable read_layer_table(std::string_view markdown);

/// The folder of a source path: `rtmp` for src/rtmp/chunk.cpp and include/levee/rtmp/chunk.hpp, `app` for
/// src/main.cpp, `surge` for the load harness, empty for all else.
std::string folder_of(std::string_view path);

/// Whether the table holds together: every folder it names has a row, includes go downward, and what stands
/// on disk has a row.
std::vector<Finding> check_table(const LayerTable& table, const std::set<std::string>& folders_on_disk);

/// Whether `file` includes only what its folder's row allows: our folders, and outside libraries.
std::vector<Finding> check_layers(const SourceFile& file, const LayerTable& table);

}  // namespace levee::rules
